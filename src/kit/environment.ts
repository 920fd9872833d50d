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
  name?: string;
  platform: { clientId: string; clientSecret?: string } | null;
  cis2: { clientId: string; clientSecret?: string } | null;
}

const shout = (name: string): string =>
  name
    .replace(/[A-Z]/g, (letter) => `_${letter}`)
    .replace(/[^A-Za-z0-9]/g, '_')
    .toUpperCase();

/** Returns a text as the beginning of a variable, which must not begin with a digit. */
const asPrefix = (text: string): string => shout(text).replace(/^(?=\d|[0-9A-F]{8}_)/, 'APP_');

const generatedId = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Returns the prefix of an application's variables: its id, or its name if the id was generated and the name has ASCII letters. */
export function prefixOf({ id, name = '' }: Pick<ApplicationCredentials, 'id' | 'name'>): string {
  if (!generatedId.test(id)) return asPrefix(id);
  const words =
    name
      .match(/[A-Za-z0-9]+/g)
      ?.join('_')
      .toUpperCase() ?? '';
  return words === '' ? asPrefix(id) : words.replace(/^(?=\d)/, 'APP_');
}

/** Returns the prefix of each application. One by a name that another has already, or that is an id, gets a part of its id too. */
function prefixesOf(applications: readonly ApplicationCredentials[]): string[] {
  const isNamed = ({ id }: ApplicationCredentials) => generatedId.test(id);
  const taken = new Set(applications.filter((each) => !isNamed(each)).map(prefixOf));
  return applications.map((application) => {
    const prefix = prefixOf(application);
    if (!isNamed(application)) return prefix;
    const own = taken.has(prefix) ? `${prefix}_${shout(application.id.slice(0, 8))}` : prefix;
    taken.add(own);
    return own;
  });
}

/** Returns the addresses and credentials of an instance as variables of an environment. */
export function variables(
  { urls, agentSocket }: Pick<InstanceState, 'urls' | 'agentSocket'>,
  applications: readonly ApplicationCredentials[],
): Record<string, string> {
  const all: Record<string, string> = {};
  for (const [name, value] of Object.entries(urls)) all[`ALONGSIDE_${shout(name)}_URL`] = value;
  // The addresses that the code of an application needs.
  all.ALONGSIDE_AUTHORIZE_URL = `${urls.api}/oauth2/authorize`;
  all.ALONGSIDE_TOKEN_URL = `${urls.api}/oauth2/token`;
  all.ALONGSIDE_PDS_URL = `${urls.api}/personal-demographics/FHIR/R4`;
  if (agentSocket) all.ALONGSIDE_AGENT_SOCKET = agentSocket;
  const prefixes = prefixesOf(applications);
  for (const [index, application] of applications.entries()) {
    for (const half of ['platform', 'cis2'] as const) {
      const prefix = `${prefixes[index]}_${shout(half)}`;
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
