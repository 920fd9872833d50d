import { type Params, RpcError, rpcCodes } from './json-rpc.ts';

/** A program that is connected to the local socket. */
export interface Caller {
  /** Aborted when it has gone. */
  readonly signal: AbortSignal;
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

type Reader<T> = (value: unknown) => T | undefined;

const wrong = (name: string): RpcError =>
  new RpcError(rpcCodes.invalidParams, `The parameter "${name}" is missing or wrong.`);

/** A parameter that must be there. @throws RpcError, never with the value */
export function need<T>(params: Params, name: string, read: Reader<T>): T {
  const value = read(params[name]);
  if (value === undefined) throw wrong(name);
  return value;
}

/** A parameter that may be there. @throws RpcError */
export const may = <T>(params: Params, name: string, read: Reader<T>): T | undefined =>
  params[name] === undefined ? undefined : need(params, name, read);

/** Refuses parameters that the method does not know: a misspelt one would be lost silently. @throws RpcError */
export function only(params: Params, ...names: string[]): void {
  const unknown = Object.keys(params).find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new RpcError(rpcCodes.invalidParams, `There is no parameter "${unknown.slice(0, 60)}".`);
}

export const aText: Reader<string> = (value) =>
  typeof value === 'string' && value.length > 0 && value.length <= 200 ? value : undefined;
export const aPin: Reader<string> = (value) =>
  typeof value === 'string' && /^[0-9]{1,12}$/.test(value) ? value : undefined;
export const aFlag: Reader<boolean> = (value) => (typeof value === 'boolean' ? value : undefined);
export const aNumber: Reader<number> = (value) =>
  Number.isSafeInteger(value) ? (value as number) : undefined;
export const secondsUpTo =
  (most: number): Reader<number> =>
  (value) =>
    typeof value === 'number' && value >= 0 && value <= most ? value : undefined;
