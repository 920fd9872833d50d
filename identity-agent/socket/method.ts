import { type Params, RpcError, rpcCodes } from './json-rpc.ts';

/** One method of the local socket. `signal` is aborted when the caller has gone. */
export type SocketMethod = (params: Params, signal: AbortSignal) => Promise<unknown>;

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
export const aFlag: Reader<boolean> = (value) => (typeof value === 'boolean' ? value : undefined);
export const secondsUpTo =
  (most: number): Reader<number> =>
  (value) =>
    typeof value === 'number' && value >= 0 && value <= most ? value : undefined;
