import { type Params, RpcError, rpcCodes } from './json-rpc.ts';

/** A program that is connected to the local socket. */
export interface Caller {
  /** Aborted when it has gone. */
  readonly signal: AbortSignal;
  /** It is a program of this user: where others may open the socket to read, one that has sent something. */
  mayListen: boolean;
  /** The notifications that it wants; all until it says which. */
  events: ReadonlySet<string> | undefined;
  /** Error number of its last call of the Ticket API; 0 when it succeeded. */
  lastError: number;
  /** Handles that it was given and did not give back. */
  readonly instances: Set<number>;
}

/** One method of the local socket. */
export type SocketMethod = (params: Params, caller: Caller) => Promise<unknown>;

/** `code` of errors that JSON-RPC and the Ticket API have no number for; `data.error` tells them apart. */
export const refusedCode = -32_000;

/** What a parameter may be, in words and as code; undefined: it is something else. */
interface Kind<T> {
  readonly is: string;
  read(value: unknown): T | undefined;
}

/** A parameter that must be there. @throws RpcError, never with the value */
export function need<T>(params: Params, name: string, { is, read }: Kind<T>): T {
  const value = read(params[name]);
  if (value === undefined)
    throw new RpcError(rpcCodes.invalidParams, `The parameter "${name}" must be ${is}.`);
  return value;
}

/** A parameter that may be there. @throws RpcError */
export const may = <T>(params: Params, name: string, kind: Kind<T>): T | undefined =>
  params[name] === undefined ? undefined : need(params, name, kind);

/** Refuses parameters that the method does not know: a misspelt one would be lost silently. @throws RpcError */
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
/** An APDU. */
export const anApdu: Kind<Uint8Array> = {
  is: 'hexadecimal digits in lower case, 4096 bytes at most',
  read: (value) =>
    typeof value === 'string' && value.length <= 8_192 && /^(?:[0-9a-f]{2})+$/.test(value)
      ? new Uint8Array(Buffer.from(value, 'hex'))
      : undefined,
};
