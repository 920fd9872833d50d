import { type TicketErrorName, ticketErrors } from '../ticket-errors.ts';
import { RpcError, rpcCodes } from './json-rpc.ts';
import { aNumber, may, type SocketMethod } from './method.ts';

/** Returns an error of the Ticket API with its published number. */
export function ticketFailure(name: TicketErrorName, sentence?: string | null): RpcError {
  const error = ticketErrors[name];
  return new RpcError(error.code, sentence ?? error.description, {
    error: 'ticket',
    name: error.name,
    group: error.group,
    number: error.number,
  });
}

/** Returns the number for `getLastError` of any error. */
const numberOf = (error: unknown): number => {
  if (!(error instanceof RpcError)) return ticketErrors.INTERNAL_ERROR.code;
  return error.code === rpcCodes.invalidParams ? ticketErrors.INVALID_PARAMETER.code : error.code;
};

/** Refuses a handle that the caller does not have; calls without one are allowed. @throws RpcError */
function checkInstance(params: Parameters<SocketMethod>[0], held: ReadonlySet<number>): void {
  const instance = may(params, 'instance', aNumber);
  if (instance !== undefined && !held.has(instance)) throw ticketFailure('INVALID_INSTANCE_HANDLE');
}

/** Wraps calls of the Ticket API: checks their handle and records the result for `getLastError`. */
export const counted = (methods: Record<string, SocketMethod>): Record<string, SocketMethod> =>
  Object.fromEntries(
    Object.entries(methods).map(([name, method]): [string, SocketMethod] => [
      name,
      async (params, caller) => {
        try {
          checkInstance(params, caller.instances);
          const result = await method(params, caller);
          caller.lastError = 0;
          return result;
        } catch (error) {
          caller.lastError = numberOf(error);
          throw error;
        }
      },
    ]),
  );
