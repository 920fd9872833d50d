import { type Answer, json } from '@alongside/kernel/answer';
import type { Recorder } from '@alongside/kernel/events';
import type { Route } from '@alongside/kernel/http';
import { endOf } from '@alongside/kernel/journeys';
import { route } from '@alongside/kernel/route';
import { equalSecrets } from '@alongside/kernel/secrets';
import { check, type Passed, steps } from '@alongside/kernel/steps';
import { z } from 'zod';
import {
  type EndCause,
  endCauses,
  type Generation,
  generations,
  type SessionEnded,
  sessionEndedPath,
} from '../../cis/protocol.ts';
import type { Session } from '../model/session.ts';
import { type Call, handlersOf, serviceError } from '../responses/error-answers.ts';
import { sessionErrors } from './errors.ts';
import type { SessionEnds } from './session-ends.ts';
import type { Sessions } from './sessions.ts';

interface SessionEndedDependencies {
  cisSecret: string;
  sessions: Sessions;
  ends: SessionEnds;
  recorder: Recorder;
}

/** Whether the end of a CIS session ends sessions here. In the newer generation, the removal of the card does not. */
export const endsWithCis = (generation: Generation, cause: EndCause | null): boolean =>
  !(generation === 'internet' && cause === 'cardRemoved');

const text = z.string().min(1).max(256);
const endedShape = z.object({
  sessionId: text,
  agentId: text,
  uid: text,
  cause: z.enum(endCauses),
  generation: z.enum(generations),
});

type Start = Call<SessionEndedDependencies>;

const checkCaller = check('cis', async function checkCaller({ request, provider }: Start): Promise<void> {
  const [scheme, token = ''] = (request.headers.authorization ?? '').split(' ');
  if (scheme?.toLowerCase() !== 'bearer' || !equalSecrets(token, provider.cisSecret))
    throw sessionErrors.serviceUnknown('the secret of CIS was expected');
});

async function readEnd({ request }: Start) {
  try {
    return { ended: endedShape.parse(JSON.parse(request.body)) };
  } catch {
    throw sessionErrors.exchangeMalformed('the body is not a session that ended');
  }
}

/** The most ended sessions whose sign-outs join the journey. */
const maxLinked = 50;

async function endSessions({
  provider: { sessions, ends, recorder },
  ended: { sessionId, agentId, uid, cause, generation },
}: Start & Passed<'cis'> & { ended: SessionEnded }): Promise<Answer> {
  if (!endsWithCis(generation, cause)) return json(200, { ended: 0 });
  await sessions.noteCisEnd(sessionId);
  const ofSession = await sessions.ofCisSession(sessionId);
  // Another user at the workstation ends all sessions of the one before.
  const ofAgent = cause === 'anotherPerson' ? await sessions.ofAgent(agentId, uid) : [];
  // A disabled person loses all sessions, of any authenticator.
  if (cause === 'disabled') await sessions.notePersonEnd(uid);
  const ofPerson = cause === 'disabled' ? await sessions.ofPerson(uid) : [];
  const all = new Map<string, Session>(
    [...ofSession, ...ofAgent, ...ofPerson].map((session) => [session.sid, session]),
  );
  recorder.record({
    keys: [sessionId, ...all.keys()].slice(0, maxLinked).map(endOf),
    session: sessionId,
    from: 'cis',
    to: 'cis2',
    name: 'cis2.session-ended',
    detail: { cause, sessions: all.size },
  });
  await ends.end([...all.values()], cause);
  return json(200, { ended: all.size });
}

const sessionEnded = steps<Start>('cis2.session-ended').step(checkCaller).step(readEnd).step(endSessions);

/** `POST /agent/session-ended`: CIS reports the end of a smartcard session, which ends the CIS2 sessions that depend on it. */
export const sessionEndedRoute = (provider: SessionEndedDependencies): Route[] =>
  route(sessionEndedPath, { POST: handlersOf(provider, serviceError)(sessionEnded) });
