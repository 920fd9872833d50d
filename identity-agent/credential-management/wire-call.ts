import { type Answer, json } from '@alongside/kernel/answer';
import type { Clock } from '@alongside/kernel/clock';
import { Refusal } from '@alongside/kernel/errors';
import { check } from '@alongside/kernel/steps';
import type { GuardedRequest } from '../handoff/guard.ts';
import type { Agent } from '../session/agent.ts';
import type { SignalrConnections } from './connections.ts';
import { signingErrors } from './errors.ts';
import { corsHeaders } from './origins.ts';

/** What the ports of Credential Management share. */
export interface Wire {
  agent: Agent;
  clock: Clock;
  connections: SignalrConnections;
  isAllowed(origin: string): boolean;
  /** Milliseconds in which the user answers; five minutes by default. */
  answerTimeout?: number | undefined;
  isStopping: boolean;
}

export interface WireCall extends GuardedRequest {
  wire: Wire;
  /** The port that was called. */
  port: number;
}

/** Returns the origin of an allowed page. A request without one is not of a page. */
function originOf({ request, wire }: WireCall): string | undefined {
  const { origin } = request.headers;
  return origin !== undefined && wire.isAllowed(origin) ? origin : undefined;
}

/** Accepts pages whose origin is allowed. */
export const checkOrigin = check('origin', function checkOrigin(call: WireCall): { origin: string } {
  const origin = originOf(call);
  if (origin === undefined)
    throw signingErrors.originForeign(`the origin is ${call.request.headers.origin?.slice(0, 200)}`);
  return { origin };
});

/** Runs a request. An allowed page can read its response, also that of an error. */
export async function readable(run: (call: WireCall) => Promise<Answer>, call: WireCall): Promise<Answer> {
  const origin = originOf(call);
  if (origin === undefined) return run(call);
  const headers = corsHeaders(origin);
  try {
    return (await run(call)).with(headers);
  } catch (thrown) {
    if (!(thrown instanceof Refusal)) throw thrown;
    const { status, code, description } = thrown.entry;
    return json(status, { error: code, error_description: description }).with(headers).refusing(thrown);
  }
}
