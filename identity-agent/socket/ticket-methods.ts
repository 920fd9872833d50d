import { methods } from '../protocol.ts';
import type { Agent } from '../session/agent.ts';
import { CisRefusal } from '../session/cis-client.ts';
import { type AskingApplication, type LiveSession, unnamedApplication } from '../session/live-session.ts';
import { counted, ticketFailure } from './api-methods.ts';
import type { RpcError } from './json-rpc.ts';
import { aText, may, only, type SocketMethod, secondsUpTo } from './method.ts';

/** Seconds that a call waits for the user: by default, and at most. */
const timeouts = { default: 120, max: 300 };

/** Returns why a sign-in is impossible in the current state. */
function obstacle(agent: Agent): RpcError | undefined {
  const { problem, refusal, reason } = agent.status();
  if (problem === 'card_blocked') return ticketFailure('PIN_BLOCKED', reason);
  if (problem === 'no_role') return ticketFailure('USER_NOT_VALID', reason);
  if (problem === 'card_rejected')
    return ticketFailure(refusals[refusal ?? ''] ?? 'SMARTCARD_NOT_VALID', reason);
  return agent.cisUnreachable ? ticketFailure('AUTHSERVER_NOT_AVAILABLE', 'CIS does not answer.') : undefined;
}

/** Card errors with their own numbers. */
const refusals: Readonly<Record<string, Parameters<typeof ticketFailure>[0]>> = {
  not_a_piv_card: 'SMARTCARD_NOT_SUPPORTED',
  object_missing: 'NO_CERT_FOUND',
  transaction_failed: 'CARD_TRANSACTION_FAILED',
  signature_invalid: 'AUTHENTICATION_FAILED',
  person_unknown: 'USER_NOT_VALID',
  person_disabled: 'USER_NOT_VALID',
};

/** Returns the application of a program. Its name is its own word, so it is never one that CIS2 named. */
const programNamed = (name: string | undefined): AskingApplication =>
  name ? { key: `program ${name}`, name } : unnamedApplication;

interface Waiting {
  /** PINs up to this one are too old. */
  pinsBefore: number;
  /** Seconds to wait for the user. */
  timeout: number;
  application: AskingApplication;
  signal: AbortSignal;
}

/** Waits until the user has signed in with a later PIN. @throws RpcError */
function signedIn(
  agent: Agent,
  { pinsBefore, timeout: seconds, application, signal }: Waiting,
  asked: () => void,
) {
  return new Promise<LiveSession>((resolve, reject) => {
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
      if (session && session.pinNumber > pinsBefore && agent.isOpenFor(session, application))
        return end(() => resolve(session));
      const why = obstacle(agent);
      if (why) return fail(why);
      // After the PIN, its prompt would open again after the role.
      if (agent.card?.usable && agent.signInQuestion !== 'role') agent.askForPin(application);
      return undefined;
    };
    const late = () =>
      fail(
        agent.card
          ? ticketFailure('USER_ABORT', `The user did not respond within ${seconds} s.`)
          : ticketFailure('AUTHENTICATION_NOT_POSSIBLE', 'There is no card in the reader.'),
      );
    const timer = setTimeout(late, seconds * 1000).unref();
    const unwatch = agent.onChange(look);
    signal.addEventListener('abort', gone);
    look();
    asked();
  });
}

/**
 * The calls of the Ticket API. Any program of the same user may use them and may name itself as `application`. `asked` is called
 * when one waits for the user.
 */
export function ticketMethods(agent: Agent, asked: () => void): Record<string, SocketMethod> {
  const read = (params: Parameters<SocketMethod>[0], ...names: string[]) => {
    only(params, 'application', 'instance', ...names);
    return {
      timeout: may(params, 'timeout', secondsUpTo(timeouts.max)) ?? timeouts.default,
      application: programNamed(may(params, 'application', aText)),
    };
  };
  const give = async (session: LiveSession) => {
    try {
      return { ticket: await agent.ticketOf(session) };
    } catch (error) {
      if (error instanceof CisRefusal) throw ticketFailure('TICKET_NOT_AVAILABLE', error.message);
      throw ticketFailure('AUTHSERVER_NOT_AVAILABLE');
    }
  };
  const nobody = () => ticketFailure('TICKET_NOT_AVAILABLE');
  return counted({
    /** Returns the ticket of the session; without one, starts a sign-in. */
    [methods.getTicket]: async (params, { signal }) => {
      const waiting = { pinsBefore: 0, ...read(params, 'timeout'), signal };
      await agent.refresh();
      return give(await signedIn(agent, waiting, asked));
    },
    /** Returns the ticket of the session; never prompts. */
    [methods.getTicketNoAuth]: async (params) => {
      const { application } = read(params);
      await agent.refresh();
      const session = agent.vouching;
      if (!session || !agent.isOpenFor(session, application)) throw nobody();
      return give(session);
    },
    /** Asks for the PIN again and invalidates the tickets issued so far. */
    [methods.getNewTicket]: async (params, { signal }) => {
      const waiting = { ...read(params, 'timeout'), signal };
      await agent.refresh();
      await signedIn(agent, { pinsBefore: agent.pins, ...waiting }, asked);
      const session = agent.vouching;
      if (!session) throw ticketFailure('TICKET_NOT_AVAILABLE', 'The session has ended meanwhile.');
      session.renewTicket();
      return give(session);
    },
    /** Signs out, as if the card were removed. */
    [methods.destroyTicket]: async (params) => {
      read(params);
      if (!agent.session) throw nobody();
      await agent.signOut();
      return {};
    },
  });
}
