import { type Answer, json } from '@alongside/kernel/answer';
import type { Recorder } from '@alongside/kernel/events';
import type { Endpoint, HttpRequest } from '@alongside/kernel/http';
import { equalSecrets } from '@alongside/kernel/secrets';
import { steps } from '@alongside/kernel/steps';
import { z } from 'zod';
import type { EndCause, Generation, SessionEnded } from '../../cis/protocol.ts';
import type { Session } from '../model/session.ts';
import { sessionErrors } from './errors.ts';
import type { SessionEnds } from './session-ends.ts';
import type { Sessions } from './sessions.ts';

interface Parts {
  cisSecret: string;
  sessions: Sessions;
  ends: SessionEnds;
  recorder: Recorder;
}

/** In the newer generation the card may leave: the person stays signed in at the applications. Everything else ends there too. */
export const endsWithCis = (generation: Generation, cause: EndCause | null): boolean =>
  !(generation === 'internet' && cause === 'cardRemoved');

const text = z.string().min(1).max(256);
const endedShape = z.object({
  sessionId: text,
  agentId: text,
  uid: text,
  cause: z.enum([
    'cardRemoved',
    'signedOut',
    'anotherPerson',
    'expired',
    'administrator',
    'disabled',
    'agentStopped',
  ]),
  generation: z.enum(['hscn', 'internet']),
});

const checkCaller = (secret: string) =>
  async function checkCaller({ request }: { request: HttpRequest }): Promise<void> {
    const [scheme, token = ''] = (request.headers.authorization ?? '').split(' ');
    if (scheme?.toLowerCase() !== 'bearer' || !equalSecrets(token, secret))
      throw sessionErrors.serviceUnknown('the secret of CIS was expected');
  };

async function readEnd({ request }: { request: HttpRequest }): Promise<{ ended: SessionEnded }> {
  try {
    return { ended: endedShape.parse(JSON.parse(request.body)) };
  } catch {
    throw sessionErrors.exchangeMalformed('the body is not a session that ended');
  }
}

const endSessions = ({ sessions, ends, recorder }: Parts) =>
  async function endSessions({ ended }: { ended: SessionEnded }): Promise<Answer> {
    const { sessionId, agentId, uid, cause, generation } = ended;
    if (!endsWithCis(generation, cause)) return json(200, { ended: 0 });
    await sessions.noteCisEnd(sessionId);
    const ofSession = await sessions.ofCisSession(sessionId);
    // When another person signs in, all that this desk had of the one before is over.
    const ofDesk = cause === 'anotherPerson' ? await sessions.ofAgent(agentId, uid) : [];
    // Who was disabled is signed in nowhere, however that came about.
    const ofPerson = cause === 'disabled' ? await sessions.ofPerson(uid) : [];
    const all = new Map<string, Session>(
      [...ofSession, ...ofDesk, ...ofPerson].map((session) => [session.sid, session]),
    );
    recorder.record({
      keys: [sessionId],
      from: 'cis',
      to: 'cis2',
      name: 'cis2.session-ended',
      detail: { cause, sessions: all.size },
    });
    await ends.end([...all.values()], cause);
    return json(200, { ended: all.size });
  };

/** `POST /agent/session-ended`: CIS says that a smartcard session is over, so what came of it here is over as well. */
export function createSessionEnded(parts: Parts): Endpoint {
  const list = steps<{ request: HttpRequest }>()
    .step(checkCaller(parts.cisSecret))
    .step(readEnd)
    .step(endSessions(parts));
  return (request) => list.run({ request });
}
