import type { ClockState } from './clock.ts';
import type { ConsoleApi } from './console-api.ts';
import type { Urls } from './types.ts';

export interface InstanceState {
  version: string;
  urls: Urls;
  /** Socket of this machine's agent for desktop applications; null without one. */
  agentSocket: string | null;
  clock: ClockState;
  database: string;
}

export interface ApplicationCredentials {
  id: string;
  platform: { clientId: string; clientSecret?: string } | null;
  cis2: { clientId: string; clientSecret?: string } | null;
}

const shout = (name: string): string =>
  name
    .replace(/[A-Z]/g, (letter) => `_${letter}`)
    .replace(/[^A-Za-z0-9]/g, '_')
    .toUpperCase();

/** Returns the prefix of an application's variables. Most generated ids begin with a digit, which a shell variable must not. */
const prefixOf = (id: string): string => shout(id).replace(/^(?=\d|[0-9A-F]{8}_)/, 'APP_');

/** Returns the addresses and credentials of an instance as variables of an environment. */
export function variables(
  { urls, agentSocket }: Pick<InstanceState, 'urls' | 'agentSocket'>,
  applications: readonly ApplicationCredentials[],
): Record<string, string> {
  const all: Record<string, string> = {};
  for (const [name, value] of Object.entries(urls)) all[`ALONGSIDE_${shout(name)}_URL`] = value;
  if (agentSocket) all.ALONGSIDE_AGENT_SOCKET = agentSocket;
  for (const application of applications) {
    for (const half of ['platform', 'cis2'] as const) {
      const prefix = `${prefixOf(application.id)}_${shout(half)}`;
      const credentials = application[half];
      if (credentials) all[`${prefix}_CLIENT_ID`] = credentials.clientId;
      if (credentials?.clientSecret) all[`${prefix}_CLIENT_SECRET`] = credentials.clientSecret;
    }
  }
  return all;
}

/** Returns the same as lines of a `.env` file. */
export const variableLines = (...of: Parameters<typeof variables>): string[] =>
  Object.entries(variables(...of)).map((pair) => pair.join('='));

/** Reads the variables from a running instance. */
export async function readVariables(api: ConsoleApi): Promise<Record<string, string>> {
  const state = await api.must('GET', '/state');
  const { applications } = await api.must('GET', '/applications');
  return variables(state, applications);
}
