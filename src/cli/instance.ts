import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { jsonProblem, parseOwnJson } from '@alongside/kernel/json';
import { environment, isOn, OperatorError, UsageError } from '@alongside/kernel/operator';
import { readTextFile } from '@alongside/kernel/text-file';
import { z } from 'zod';
import { ConsoleApi } from '../kit/console-api.ts';
import type { LocalOperator, StateFile } from '../state-file.ts';

/** Flags of every command that calls a running instance. */
export const instanceFlags = {
  portBase: z.string().optional().describe('First port of the instance'),
  data: z.string().optional().describe('Data folder of the instance'),
  state: z.string().optional().describe('State file of the instance'),
  config: z.string().optional().describe('Configuration file of the instance'),
  json: z.boolean().optional().describe('Print one JSON line'),
};

/** Whether the environment asks for JSON, like `--json`. */
export const jsonByDefault = (): boolean => isOn(environment().ALONGSIDE_JSON);

/** The selected instance, from the flags. */
export interface InstanceSelection {
  portBase?: string;
  data?: string;
  state?: string;
  config?: string;
  tlsAuthority?: string;
}

/** Returns the path of the configuration file, if set. */
export const configFileOf = (flags: Record<string, unknown>): string | undefined =>
  (flags.config as string | undefined) ?? environment().ALONGSIDE_CONFIG;

/** Reads the location of the instance from its configuration file, which is otherwise for the instance only. */
function configured(
  wish: InstanceSelection,
): Record<'portBase' | 'data' | 'state' | 'tlsAuthority', string | undefined> {
  const file = configFileOf({ ...wish });
  let settings: Record<string, unknown> = {};
  try {
    if (file) settings = { ...JSON.parse(readTextFile(file)) };
  } catch (error) {
    throw new OperatorError(`The configuration file ${file} cannot be read: ${jsonProblem(error)}.`);
  }
  const text = (value: unknown) => (value === undefined || value === null ? undefined : String(value));
  return {
    portBase: text(settings.portBase),
    data: text(settings.data),
    state: text(settings.state),
    tlsAuthority: text(settings.tlsAuthority),
  };
}

/** Reads an instance's state file. Throws if it is unreadable. */
export function readStateFile(file: string): StateFile & { operator?: LocalOperator } {
  if (!existsSync(file))
    throw new OperatorError(
      `There is no state file ${file}: start the instance, or select another with --data, --state or --port-base.`,
    );
  try {
    const state = parseOwnJson<StateFile & { operator?: LocalOperator }>(readFileSync(file, 'utf8'));
    if (typeof state.urls.console === 'string') return state;
  } catch (error) {
    throw new OperatorError(`The state file ${file} cannot be read: ${jsonProblem(error)}.`);
  }
  throw new OperatorError(`${file} is not the state file of an instance.`);
}

/** The expected location of the selected instance: by its first port, or by its state file. */
export type Place = { origin: string; stateFile: undefined } | { origin: undefined; stateFile: string };

const atPort = (port: string): Place => ({ origin: `http://localhost:${port}`, stateFile: undefined });

export const dataFolderOf = (wish: InstanceSelection): string =>
  wish.data ?? environment().ALONGSIDE_DATA ?? configured(wish).data ?? '.alongside';

/** Returns the expected location of the selected instance, whether it runs or not. */
export function placeOf(wish: InstanceSelection): Place {
  const variables = environment();
  const portBase = wish.portBase ?? variables.ALONGSIDE_PORT_BASE;
  const fallback = configured(wish);
  const named =
    wish.state ?? variables.ALONGSIDE_STATE ?? (wish.data === undefined ? fallback.state : undefined);
  if (wish.state === undefined && portBase !== undefined && portBase !== '0') {
    if (!/^\d{1,5}$/.test(portBase))
      throw new UsageError(`The port base must be a port number, not "${portBase}".`);
    return atPort(portBase);
  }
  if (named) return { origin: undefined, stateFile: named };
  const file = join(dataFolderOf(wish), 'state.json');
  // Without this folder's instance, another one may answer at the usual port.
  if (wish.data !== undefined || existsSync(file)) return { origin: undefined, stateFile: file };
  return atPort(fallback.portBase === undefined || fallback.portBase === '0' ? '8400' : fallback.portBase);
}

/** Returns the file with more authorities that the instance trusts, if it is set or a readable state file names it. */
export function tlsAuthorityOf(wish: InstanceSelection): string | undefined {
  const named = wish.tlsAuthority ?? (environment().ALONGSIDE_TLS_AUTHORITY || configured(wish).tlsAuthority);
  const { stateFile } = placeOf(wish);
  if (named !== undefined || stateFile === undefined || !existsSync(stateFile)) return named;
  try {
    return readStateFile(stateFile).tlsAuthority ?? undefined;
  } catch {
    return undefined;
  }
}

/** Returns the address of the selected instance's console and, in production, the access token for commands. */
function consoleOf(wish: InstanceSelection): { origin: string; token: string | undefined } {
  const place = placeOf(wish);
  if (place.origin !== undefined) return { origin: place.origin, token: undefined };
  const { urls, operator } = readStateFile(place.stateFile);
  return { origin: operator?.url ?? urls.console, token: operator?.token };
}

export class InstanceApi extends ConsoleApi {
  /** Whether it is in production, with an access token from the state file. */
  readonly inProduction: boolean;

  constructor(wish: InstanceSelection) {
    const { origin, token } = consoleOf(wish);
    super(origin, token === undefined ? {} : { token });
    this.inProduction = token !== undefined;
  }
}
