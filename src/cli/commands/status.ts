import { setTimeout as sleep } from 'node:timers/promises';
import { OperatorError } from '@alongside/kernel/operator';
import type { ApiSchema } from '../../kit/console-api.ts';
import { stateText } from '../../kit/desk.ts';
import { type ApplicationCredentials, type InstanceState, variableLines } from '../../kit/environment.ts';
import { type ConsoleCall, consoleCommand, yes } from '../command.ts';
import type { InstanceApi } from '../instance.ts';
import { columns } from '../table.ts';

/** What changes while tests run. */
interface Now {
  state: InstanceState;
  /** Null without an agent of this instance. */
  agent: ApiSchema<'AgentStatus'> | null;
  /** Names of the faults that are on. */
  faults: string[];
}

interface Everything extends Now {
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

async function readNow(api: InstanceApi): Promise<Now> {
  const state = await api.must('GET', '/state');
  const [agent, faults] = await Promise.all([
    ifThere(api.must('GET', '/agent')),
    ifThere(api.must('GET', '/faults')),
  ]);
  return {
    state,
    agent,
    faults: (faults?.faults ?? []).flatMap((fault) => (fault.state ? [fault.name] : [])),
  };
}

async function read(api: InstanceApi): Promise<Everything> {
  const now = await readNow(api);
  const [{ people }, { applications }, cards] = await Promise.all([
    api.must('GET', '/people'),
    api.must('GET', '/applications'),
    ifThere(api.must('GET', '/cards')),
  ]);
  return {
    ...now,
    people,
    cards: cards?.cards ?? [],
    applications,
  };
}

const clockText = (now: string, offsetSeconds: number): string =>
  offsetSeconds === 0 ? 'real time' : `${now}, moved by ${offsetSeconds} s`;

/** What the instance does now that a test may have left behind. */
function nowRows({ state, agent, faults }: Now): [name: string, value: string][] {
  const { now, offsetSeconds } = state.clock;
  return [
    ['Desk', agent ? [stateText(agent), agent.person?.displayName].filter(Boolean).join(' ') : 'no agent'],
    ['Card', agent?.card?.serial ?? 'none in the reader'],
    ['Clock', clockText(now, offsetSeconds)],
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

/** Milliseconds between two looks. */
const pause = 1_000;

/** Names what is watched, with values that stay the same while nothing happens. */
async function watchedRows(api: InstanceApi): Promise<{ at: string; rows: [name: string, value: string][] }> {
  const [now, { journeys }] = await Promise.all([readNow(api), api.must('GET', '/journeys')]);
  const { offsetSeconds, now: at } = now.state.clock;
  const moved = offsetSeconds === 0 ? 'real time' : `moved by ${Math.round(offsetSeconds)} s`;
  const rows = nowRows(now).map(([name, value]): [string, string] => [
    name,
    name === 'Clock' ? moved : value,
  ]);
  for (const { id, outcome, application, person, headline } of journeys.toReversed()) {
    const who = [person?.name, application?.name].filter(Boolean).join(' at ');
    rows.push([`Journey ${id}`, [outcome, who, headline].filter(Boolean).join(', ')]);
  }
  return { at, rows };
}

/** Prints a line for each change of the desk, the card, the clock, the faults and the journeys, until the instance ends. */
async function watch({ api, out, json }: ConsoleCall): Promise<never> {
  let known: Map<string, string> | undefined;
  for (;;) {
    const { at, rows } = await watchedRows(api);
    for (const [name, value] of rows) {
      // Journeys from before are in "alongside journeys".
      const isOld = known === undefined && name.startsWith('Journey ');
      if (isOld || known?.get(name) === value) continue;
      if (json) out.json({ at, name, value });
      else out.line(`${at.slice(11, 19)}  ${name}: ${value}`);
    }
    known = new Map(rows);
    await sleep(pause);
  }
}

export const status = consoleCommand({
  name: 'status',
  flags: { env: yes, watch: yes },
  actions: {
    '': {
      help: [
        ['', 'for people'],
        ['--json', 'one JSON line'],
        ['--env', 'lines for a .env file'],
        ['--watch', 'a line for each change of the desk, the card, the clock, the faults and the journeys'],
      ],
      async run(call) {
        const { api, flags } = call;
        if (flags.watch) return watch(call);
        const everything = await read(api);
        const { state, ...others } = everything;
        return {
          json: { ...state, ...others },
          lines: flags.env ? variableLines(state, others.applications) : statusLines(everything),
        };
      },
    },
  },
  examples: ['alongside status --env > .env.local', 'alongside status --watch'],
});
