import { OperatorError } from '@alongside/kernel/operator';
import { consoleCommand, yes } from '../command.ts';
import type { InstanceApi } from '../instance.ts';
import { columns } from '../table.ts';

interface State {
  version: string;
  urls: Record<string, string>;
  /** Socket of this machine's agent for desktop applications; null without one. */
  agentSocket: string | null;
  clock: { now: string; offsetSeconds: number };
  database: string;
}
interface Person {
  uid: string;
  persona: string | null;
  displayName: string;
  roles: { roleCode: string; orgCode: string }[];
  authenticators: string[];
}
interface Credentials {
  id: string;
  platform: { clientId: string; clientSecret?: string } | null;
  cis2: { clientId: string; clientSecret?: string } | null;
}
interface Everything {
  state: State;
  people: Person[];
  cards: { serial: string; persona: string | null; name: string; locked: boolean }[];
  applications: Credentials[];
}

async function read(api: InstanceApi): Promise<Everything> {
  const state = await api.must<State>('GET', '/state');
  const [{ people }, { applications }, cards] = await Promise.all([
    api.must<{ people: Person[] }>('GET', '/people'),
    api.must<{ applications: Credentials[] }>('GET', '/applications'),
    // The agent may be elsewhere; the rest is still shown.
    api.must<{ cards: Everything['cards'] }>('GET', '/cards').then(
      (answer) => answer.cards,
      (error: unknown) => {
        if (error instanceof OperatorError) return [];
        throw error;
      },
    ),
  ]);
  return { state, people, cards, applications };
}

const shout = (name: string): string =>
  name
    .replace(/[A-Z]/g, (letter) => `_${letter}`)
    .replace(/[^A-Za-z0-9]/g, '_')
    .toUpperCase();

/** Returns the prefix of an application's variables. Most generated ids begin with a digit, which a shell variable must not. */
const prefixOf = (id: string): string => shout(id).replace(/^(?=\d|[0-9A-F]{8}_)/, 'APP_');

function variables({ state, applications }: Pick<Everything, 'state' | 'applications'>): [string, string][] {
  const all = Object.entries(state.urls).map(([name, value]): [string, string] => [
    `ALONGSIDE_${shout(name)}_URL`,
    value,
  ]);
  if (state.agentSocket) all.push(['ALONGSIDE_AGENT_SOCKET', state.agentSocket]);
  for (const application of applications) {
    for (const half of ['platform', 'cis2'] as const) {
      const prefix = `${prefixOf(application.id)}_${shout(half)}`;
      const credentials = application[half];
      if (credentials) all.push([`${prefix}_CLIENT_ID`, credentials.clientId]);
      if (credentials?.clientSecret) all.push([`${prefix}_CLIENT_SECRET`, credentials.clientSecret]);
    }
  }
  return all;
}

/** Returns the addresses and credentials of an instance as variables of an environment. */
export async function variablesOf(api: InstanceApi): Promise<Record<string, string>> {
  const state = await api.must<State>('GET', '/state');
  const { applications } = await api.must<{ applications: Credentials[] }>('GET', '/applications');
  return Object.fromEntries(variables({ state, applications }));
}

function statusLines({ state, people, cards, applications }: Everything): string[] {
  const peopleRows = people.map((person) => [
    `  ${person.persona ?? '-'}`,
    person.uid,
    person.displayName,
    person.roles.length === 1
      ? (person.roles[0]?.roleCode.split(':').at(-1) ?? '')
      : person.roles.length === 0
        ? 'no role'
        : `${person.roles.length} roles`,
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
  summary: 'addresses, people, cards, applications and their credentials of a running instance',
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
          lines: flags.env ? variables(everything).map((pair) => pair.join('=')) : statusLines(everything),
        };
      },
    },
  },
});
