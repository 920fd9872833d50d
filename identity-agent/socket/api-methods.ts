import { environment } from '@alongside/kernel/operator';
import { methods } from '../protocol.ts';
import { agentVersion } from '../session/status.ts';
import { type TicketErrorName, ticketErrorOf, ticketErrors } from '../ticket-errors.ts';
import { RpcError, rpcCodes } from './json-rpc.ts';
import { aNumber, may, need, only, type SocketMethod } from './method.ts';

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

const interfaceVersion = '1.0';
/** Maximum number of open handles of a program. */
const maxInstances = 1_000;

/** Versions by their published numbers: 1 the interface, 2 the agent. */
const versions: Readonly<Record<number, string>> = { 1: interfaceVersion, 2: agentVersion };

/** Returns whether this process runs in a remote session: Remote Desktop, or SSH. */
function isRemoteSession(): boolean {
  const { SESSIONNAME: windows, SSH_CONNECTION: ssh, XRDP_SESSION: xrdp } = environment();
  return /^(rdp|ica)-/i.test(windows ?? '') || Boolean(ssh) || Boolean(xrdp);
}

/** The Ticket API's calls about the interface itself, for programs that are ported unchanged. */
export function apiMethods(): Record<string, SocketMethod> {
  let last = 0;
  return {
    ...counted({
      [methods.initialize]: async (params, { instances }) => {
        only(params, 'application');
        if (instances.size >= maxInstances) throw ticketFailure('RESOURCE_ALLOCATION_FAILED');
        last += 1;
        instances.add(last);
        return { instance: last };
      },
      [methods.finalize]: async (params, { instances }) => {
        only(params, 'instance');
        instances.delete(need(params, 'instance', aNumber));
        return {};
      },
      [methods.getGAVersion]: async (params) => {
        only(params, 'which', 'instance');
        const version = versions[need(params, 'which', aNumber)];
        if (version === undefined) throw ticketFailure('INVALID_PARAMETER');
        return { version };
      },
      [methods.isTerminalServiceSession]: async (params) => {
        only(params, 'instance');
        return { terminalServiceSession: isRemoteSession() };
      },
    }),
    [methods.getDllVersion]: async (params) => {
      only(params);
      return { version: interfaceVersion };
    },
    [methods.getLastError]: async (params, { lastError }) => {
      only(params, 'instance');
      return { code: lastError };
    },
    [methods.getErrorDescription]: async (params) => {
      only(params, 'code', 'instance');
      const code = need(params, 'code', aNumber);
      if (code === 0)
        return { name: 'TCK_API_SUCCESS', group: null, number: 0, description: 'It succeeded.' };
      const error = ticketErrorOf(code);
      if (!error) throw ticketFailure('INVALID_PARAMETER', 'There is no error of this number.');
      const { name, group, number, description } = error;
      return { name, group, number, description };
    },
  };
}
