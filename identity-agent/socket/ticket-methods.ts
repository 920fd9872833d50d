import { methods } from '../protocol.ts';
import type { Agent } from '../session/agent.ts';
import { type TicketErrorName, ticketErrors } from '../ticket-errors.ts';
import { RpcError } from './json-rpc.ts';
import { may, only, type SocketMethod, secondsUpTo } from './method.ts';

/** How long a call waits for the person, in seconds, unless told. */
const patience = { usual: 120, most: 300 };

/** A failure of the Ticket API with its published number. */
export function ticketFailure(name: TicketErrorName, sentence: string): RpcError {
  const error = ticketErrors[name];
  return new RpcError(error.code, sentence, {
    error: 'ticket',
    name: error.name,
    group: error.group,
    number: error.number,
  });
}

/** Why no sign-in can come of the desk as it is. */
function obstacle(agent: Agent): RpcError | undefined {
  const { problem, reason } = agent.status();
  if (problem === 'card_blocked') return ticketFailure('PIN_BLOCKED', reason ?? 'The card is blocked.');
  if (problem === 'no_role') return ticketFailure('USER_NOT_VALID', reason ?? 'The person has no role.');
  if (problem === 'card_rejected')
    return ticketFailure('SMARTCARD_NOT_VALID', reason ?? 'The card was refused.');
  return agent.cisUnreachable ? ticketFailure('AUTHSERVER_NOT_AVAILABLE', 'CIS does not answer.') : undefined;
}

/** Waits until the person has signed in with a PIN after that one. @throws RpcError */
function signedIn(agent: Agent, pinsBefore: number, seconds: number, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const end = (settle: () => void) => {
      clearTimeout(timer);
      unwatch();
      signal.removeEventListener('abort', gone);
      settle();
    };
    const fail = (error: RpcError) =>
      end(() => {
        agent.withdraw();
        reject(error);
      });
    const gone = () => fail(ticketFailure('USER_ABORT', 'The caller has gone.'));
    const look = () => {
      const session = agent.vouching;
      if (session && session.pinNumber > pinsBefore) return end(() => resolve(session.ticket));
      const why = obstacle(agent);
      if (why) return fail(why);
      if (agent.card?.usable) agent.askForPin();
      return undefined;
    };
    const late = () =>
      fail(
        agent.card
          ? ticketFailure('USER_ABORT', `Nobody answered within ${seconds} s.`)
          : ticketFailure('AUTHENTICATION_NOT_POSSIBLE', 'There is no card in the reader.'),
      );
    const timer = setTimeout(late, seconds * 1000).unref();
    const unwatch = agent.onChange(look);
    signal.addEventListener('abort', gone);
    look();
  });
}

/** The calls of the Ticket API: any program of the same user may use them, and may name itself as `application`. */
export function ticketMethods(agent: Agent): Record<string, SocketMethod> {
  const timeoutOf = (params: Parameters<SocketMethod>[0]): number => {
    only(params, 'timeout', 'application');
    return may(params, 'timeout', secondsUpTo(patience.most)) ?? patience.usual;
  };
  return {
    /** The ticket of the session; starts a sign-in when there is none. */
    [methods.getTicket]: async (params, signal) => {
      const timeout = timeoutOf(params);
      await agent.refresh();
      return { ticket: await signedIn(agent, 0, timeout, signal) };
    },
    /** The ticket of the session; never asks. */
    [methods.getTicketNoAuth]: async (params) => {
      only(params, 'application');
      await agent.refresh();
      const session = agent.vouching;
      if (!session) throw ticketFailure('TICKET_NOT_AVAILABLE', 'Nobody is signed in.');
      return { ticket: session.ticket };
    },
    /** Asks for the PIN again and makes the tickets given so far worthless. */
    [methods.getNewTicket]: async (params, signal) => {
      const timeout = timeoutOf(params);
      await agent.refresh();
      await signedIn(agent, agent.pins, timeout, signal);
      const session = agent.vouching;
      if (!session) throw ticketFailure('TICKET_NOT_AVAILABLE', 'The session has ended meanwhile.');
      session.renewTicket();
      return { ticket: session.ticket };
    },
    /** Signs out, as if the card were taken out. */
    [methods.destroyTicket]: async (params) => {
      only(params, 'application');
      if (!agent.session) throw ticketFailure('TICKET_NOT_AVAILABLE', 'Nobody is signed in.');
      await agent.signOut();
      return {};
    },
    [methods.status]: async (params) => {
      only(params, 'application');
      return agent.status();
    },
  };
}
