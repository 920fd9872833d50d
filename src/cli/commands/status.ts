import { OperatorError } from '@alongside/kernel/operator';
import type { ApiSchema } from '../../kit/console-api.ts';
import { type ApplicationCredentials, type InstanceState, variableLines } from '../../kit/environment.ts';
import { consoleCommand, yes } from '../command.ts';
import type { InstanceApi } from '../instance.ts';
import { columns } from '../table.ts';

interface Everything {
  state: InstanceState;
  people: ApiSchema<'Person'>[];
  cards: { serial: string; persona: string | null; name: string; locked: boolean }[];
  applications: ApplicationCredentials[];
}

async function read(api: InstanceApi): Promise<Everything> {
  const state = await api.must('GET', '/state');
  const [{ people }, { applications }, cards] = await Promise.all([
    api.must('GET', '/people'),
    api.must('GET', '/applications'),
    // The agent may be elsewhere; the rest is still shown.
    api.must('GET', '/cards').then(
      (answer) => answer.cards,
      (error: unknown) => {
        if (error instanceof OperatorError) return [];
        throw error;
      },
    ),
  ]);
  return { state, people, cards, applications };
}

function rolesText(roles: Everything['people'][number]['roles']): string {
  const [first, second] = roles;
  if (!first) return 'no role';
  return second ? `${roles.length} roles` : (first.roleCode.split(':').at(-1) ?? '');
}

function statusLines({ state, people, cards, applications }: Everything): string[] {
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
