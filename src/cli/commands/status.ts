import { readFlags } from '@alongside/kernel/config';
import { OperatorError } from '@alongside/kernel/operator';
import { z } from 'zod';
import { type Command, noMore, type Output } from '../command.ts';
import { InstanceApi, instanceFlags } from '../instance.ts';
import { columns } from '../output.ts';

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

function variables({ state, applications }: Everything): string[] {
  const lines = Object.entries(state.urls).map(([name, value]) => `ALONGSIDE_${shout(name)}_URL=${value}`);
  if (state.agentSocket) lines.push(`ALONGSIDE_AGENT_SOCKET=${state.agentSocket}`);
  for (const application of applications) {
    for (const half of ['platform', 'cis2'] as const) {
      const prefix = `${prefixOf(application.id)}_${shout(half)}`;
      const credentials = application[half];
      if (credentials) lines.push(`${prefix}_CLIENT_ID=${credentials.clientId}`);
      if (credentials?.clientSecret) lines.push(`${prefix}_CLIENT_SECRET=${credentials.clientSecret}`);
    }
  }
  return lines;
}

function show({ state, people, cards, applications }: Everything, out: Output): void {
  out.line(`Alongside ${state.version}, ${state.database}`);
  out.line('');
  for (const line of columns([...Object.entries(state.urls), ['agentSocket', state.agentSocket ?? 'none']]))
    out.line(line);
  out.line('');
  out.line(cards.length > 0 ? 'People and cards (every PIN is 123456)' : 'People');
  const rows = people.map((person) => [
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
  for (const line of columns(rows)) out.line(line);
  out.line('');
  out.line('Applications (client id, and the secret where it is a seeded one)');
  const registrations = applications.flatMap(({ id, platform, cis2 }) =>
    [['API platform', platform] as const, ['CIS2', cis2] as const].flatMap(([half, credentials]) =>
      credentials ? [[`  ${id}`, half, credentials.clientId, credentials.clientSecret ?? '-']] : [],
    ),
  );
  for (const line of columns(registrations)) out.line(line);
}

export const status: Command = {
  name: 'status',
  summary: 'addresses, people, cards, applications and their credentials of a running instance',
  help: [
    'alongside status          for people',
    'alongside status --json   one JSON line',
    'alongside status --env    lines for a .env file',
  ],
  async run({ argv, out }) {
    const { flags, words } = readFlags({ ...instanceFlags, env: z.boolean().optional() }, argv);
    noMore(words, 0);
    const everything = await read(new InstanceApi(flags));
    if (flags.json)
      out.json({
        ...everything.state,
        people: everything.people,
        cards: everything.cards,
        applications: everything.applications,
      });
    else if (flags.env) for (const line of variables(everything)) out.line(line);
    else show(everything, out);
    return 0;
  },
};
