import type { Answer } from '@alongside/kernel/answer';
import type { HttpRequest } from '@alongside/kernel/http';
import type { Person } from '../../cis/protocol.ts';
import type { Database } from '../../storage/database.ts';
import type { AssuranceLevel } from '../model/acr.ts';
import type { CisClient } from '../model/cis-client.ts';
import type { Session } from '../model/session.ts';
import type { SessionEnds } from '../sessions/session-ends.ts';
import type { Sessions } from '../sessions/sessions.ts';
import type { Authenticators } from '../sign-in/authenticators.ts';
import { enrolmentErrors } from './errors.ts';
import { signedOutAccountPage } from './pages/account.ts';

interface Parts {
  database: Database;
  cis: CisClient;
  authenticators: Authenticators;
  sessions: Sessions;
  ends: SessionEnds;
  development: boolean;
}

export interface Start {
  request: HttpRequest;
}

/** Somebody who is signed in in this browser, at this level. */
export interface SignedIn extends Start {
  session: Session;
  person: Person;
  level: AssuranceLevel;
}

/** Who is signed in here, now and not a while ago; else why nobody. Being asked is using the session. */
async function whoIsSignedIn(
  { sessions, authenticators, ends, cis, database }: Parts,
  request: HttpRequest,
): Promise<Omit<SignedIn, 'request'> | string> {
  const session = await sessions.current(request);
  if (!session || !sessions.isActive(session)) return 'no session of this browser is in use';
  const authenticator = authenticators.get(session.authentication.authenticator);
  const validity = (await authenticator?.checkSession(session, request)) ?? { valid: false };
  if (validity.ended) await ends.end([session], validity.ended);
  if (!validity.valid) return 'what the session stands on does not hold any more';
  const person = await cis.person(session.uid);
  if (!person || person.disabled) return 'the person is disabled or has left the directory';
  await database.batch([sessions.useStatement(session)]);
  return { session, person, level: session.authentication.level.others };
}

/** Lets only somebody on who is signed in. */
export const requireSignedIn = (parts: Parts) =>
  async function requireSignedIn({ request }: Start): Promise<Omit<SignedIn, 'request'>> {
    const found = await whoIsSignedIn(parts, request);
    if (typeof found === 'string') throw enrolmentErrors.notSignedIn(found);
    return found;
  };

/** Shows who is not signed in where to do it. */
export const orAskToSignIn = (parts: Parts) =>
  async function orAskToSignIn({ request }: Start): Promise<Answer | Omit<SignedIn, 'request'>> {
    const found = await whoIsSignedIn(parts, request);
    return typeof found === 'string' ? signedOutAccountPage(parts.development) : found;
  };
