import { type Params, RpcError, rpcCodes } from './json-rpc.ts';

/** A program that is connected to the local socket. */
export interface Caller {
  /** Aborted when it disconnects. */
  readonly signal: AbortSignal;
  /** Whether it may receive events: if others may open the socket for reading, only after it has written. */
  mayListen: boolean;
  /** Subscribed notifications; undefined for all. */
  events: ReadonlySet<string> | undefined;
  /** Error number of its last Ticket API call; 0 for success. */
  lastError: number;
  /** Its open handles. */
  readonly instances: Set<number>;
}

export type SocketMethod = (params: Params, caller: Caller) => Promise<unknown>;

/** `code` of errors without a number in JSON-RPC or the Ticket API; `data.error` distinguishes them. */
export const refusedCode = -32_000;

/** A type of parameter, with its description and parser, which returns undefined for other values. */
interface Kind<T> {
  readonly is: string;
  read(value: unknown): T | undefined;
}

/** Returns a required parameter. @throws RpcError, never with the value */
export function need<T>(params: Params, name: string, { is, read }: Kind<T>): T {
  const value = read(params[name]);
  if (value === undefined)
    throw new RpcError(rpcCodes.invalidParams, `The parameter "${name}" must be ${is}.`);
  return value;
}

/** Returns an optional parameter. @throws RpcError */
export const may = <T>(params: Params, name: string, kind: Kind<T>): T | undefined =>
  params[name] === undefined ? undefined : need(params, name, kind);

/** Refuses unknown parameters, so that a misspelt one is not ignored. @throws RpcError */
export function only(params: Params, ...names: string[]): void {
  const unknown = Object.keys(params).find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new RpcError(rpcCodes.invalidParams, `There is no parameter "${unknown.slice(0, 60)}".`);
}

export const aText: Kind<string> = {
  is: 'a text of 1 to 200 characters',
  read: (value) => (typeof value === 'string' && value.length > 0 && value.length <= 200 ? value : undefined),
};
export const aPin: Kind<string> = {
  is: 'a text of 1 to 12 digits',
  read: (value) => (typeof value === 'string' && /^[0-9]{1,12}$/.test(value) ? value : undefined),
};
export const aFlag: Kind<boolean> = {
  is: 'true or false',
  read: (value) => (typeof value === 'boolean' ? value : undefined),
};
export const aNumber: Kind<number> = {
  is: 'a whole number',
  read: (value) => (Number.isSafeInteger(value) ? (value as number) : undefined),
};
export const secondsUpTo = (most: number): Kind<number> => ({
  is: `a number of seconds from 0 to ${most}`,
  read: (value) => (typeof value === 'number' && value >= 0 && value <= most ? value : undefined),
});
export const anApdu: Kind<Uint8Array> = {
  is: 'hexadecimal digits in lower case, 4096 bytes at most',
  read: (value) =>
    typeof value === 'string' && value.length <= 8_192 && /^(?:[0-9a-f]{2})+$/.test(value)
      ? new Uint8Array(Buffer.from(value, 'hex'))
      : undefined,
};
