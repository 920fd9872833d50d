import { OperatorError } from '@alongside/kernel/operator';
import type { ApiSchema } from '../../kit/console-api.ts';
import { stateText } from '../../kit/desk.ts';
import { type ApplicationCredentials, type InstanceState, variableLines } from '../../kit/environment.ts';
import { consoleCommand, yes } from '../command.ts';
import type { InstanceApi } from '../instance.ts';
import { columns } from '../table.ts';

interface Everything {
  state: InstanceState;
  /** Null without an agent of this instance. */
  agent: ApiSchema<'AgentStatus'> | null;
  /** Names of the faults that are on. */
  faults: string[];
  people: ApiSchema<'Person'>[];
  cards: { serial: string; persona: string | null; name: string; locked: boolean }[];
  applications: ApplicationCredentials[];
}

/** The agent may be elsewhere, and production has no faults; the rest is still shown. */
async function ifThere<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof OperatorError) return null;
    throw error;
  }
}

async function read(api: InstanceApi): Promise<Everything> {
  const state = await api.must('GET', '/state');
  const [{ people }, { applications }, cards, agent, faults] = await Promise.all([
    api.must('GET', '/people'),
    api.must('GET', '/applications'),
    ifThere(api.must('GET', '/cards')),
    ifThere(api.must('GET', '/agent')),
    ifThere(api.must('GET', '/faults')),
  ]);
  return {
    state,
    agent,
    faults: (faults?.faults ?? []).flatMap((fault) => (fault.state ? [fault.name] : [])),
    people,
    cards: cards?.cards ?? [],
    applications,
  };
}

/** What the instance does now that a test may have left behind. */
function nowRows({ state, agent, faults }: Everything): string[][] {
  const { now, offsetSeconds } = state.clock;
  return [
    ['Desk', agent ? [stateText(agent), agent.person?.displayName].filter(Boolean).join(' ') : 'no agent'],
    ['Card', agent?.card?.serial ?? 'none in the reader'],
    ['Clock', offsetSeconds === 0 ? 'real time' : `${now}, moved by ${offsetSeconds} s`],
    ['Faults', faults.length === 0 ? 'none' : faults.join(', ')],
  ];
}

function rolesText(roles: Everything['people'][number]['roles']): string {
  const [first, second] = roles;
  if (!first) return 'no role';
  return second ? `${roles.length} roles` : (first.roleCode.split(':').at(-1) ?? '');
}

function statusLines(everything: Everything): string[] {
  const { state, people, cards, applications } = everything;
  const peopleRows = people.map((person) => [
    `  ${person.persona ?? '-'}`,
    person.uid,
    person.displayName,
    rolesText(person.roles),
    cards.some((card) => card.persona === person.persona) ? 'card' : 'no card',
  ]);
  const registrationRows = applications.flatMap(({ id, platform, cis2 }) =>
    [['API platform', platform] as const, ['CIS2', cis2] as const].flatMap(([half, credentials]) =>
      credentials ? [[`  ${id}`, half, credentials.clientId, credentials.clientSecret ?? '-']] : [],
    ),
  );
  return [
    `Alongside ${state.version}, ${state.database}`,
    '',
    ...columns(nowRows(everything)),
    '',
    ...columns([...Object.entries(state.urls), ['agentSocket', state.agentSocket ?? 'none']]),
    '',
    cards.length > 0 ? 'People and cards (every PIN is 123456)' : 'People',
    ...columns(peopleRows),
    '',
    'Applications (client id, and the secret of a seeded one)',
    ...columns(registrationRows),
  ];
}

export const status = consoleCommand({
  name: 'status',
  flags: { env: yes },
  actions: {
    '': {
      help: [
        ['', 'for people'],
        ['--json', 'one JSON line'],
        ['--env', 'lines for a .env file'],
      ],
      async run({ api, flags }) {
        const everything = await read(api);
        const { state, ...others } = everything;
        return {
          json: { ...state, ...others },
          lines: flags.env ? variableLines(state, others.applications) : statusLines(everything),
        };
      },
    },
  },
  examples: ['alongside status --env > .env.local'],
});
