import { redirect } from '@alongside/kernel/answer';
import type { Clock } from '@alongside/kernel/clock';
import { check, type Passed } from '@alongside/kernel/steps';
import type { Person } from '../../cis/protocol.ts';
import { accountPath } from '../model/relying-party.ts';
import type { AssuranceLevel, Session } from '../model/session.ts';
import { enrolmentErrors } from './errors.ts';
import { signedOutAccountPage } from './pages/account.ts';
import type { Start } from './services.ts';

/** The user who is signed in in this browser, and the level of the sign-in. */
export interface SignedInUser {
  session: Session;
  person: Person;
  level: AssuranceLevel;
}

/** Finds the signed-in user and notes the use of the session, or returns the reason why the user is not signed in. */
async function findUser({ request, provider }: Start): Promise<SignedInUser | string> {
  const { sessions, authenticators, ends, cis, database } = provider;
  const session = await sessions.current(request);
  if (!session || !sessions.isActive(session)) return 'no session of this browser is in use';
  const authenticator = authenticators.get(session.authentication.authenticator);
  const validity = (await authenticator?.checkSession(session, request)) ?? { valid: false };
  if (validity.ended) await ends.end([session], validity.ended);
  if (!validity.valid) return 'its authenticator no longer accepts the session';
  const person = await cis.person(session.uid);
  if (!person || person.disabled) return 'the person is disabled or has left the directory';
  await database.batch([sessions.useStatement(session)]);
  return { session, person, level: session.authentication.level.others };
}

export const requireSignedIn = check(
  'signed-in',
  async function requireSignedIn(context: Start): Promise<SignedInUser> {
    const user = await findUser(context);
    if (typeof user === 'string') throw enrolmentErrors.notSignedIn(user);
    return user;
  },
);

/** Requires a signed-in user too, but shows others the page with the link to sign in. */
export const orAskToSignIn = check('signed-in', async function orAskToSignIn(context: Start) {
  const user = await findUser(context);
  return typeof user === 'string' ? signedOutAccountPage(context.provider.development) : user;
});

/** Milliseconds after the PIN or its equivalent in which a user may change their authenticators (ASVS 5.0, 7.5.1). */
const recentTime = 300_000;

export const isRecent = ({ authentication }: Session, now: number): boolean =>
  now - authentication.personAt < recentTime;

export const credentialPath = (id: string): string => `${accountPath}/authenticator/${id}`;

const credentialId = /^[\w-]{1,64}$/;

/** Returns the page to show after a sign-in with this `state`: that of an authenticator, or the account. */
export const pathAfter = (state: string | undefined): string =>
  state !== undefined && credentialId.test(state) ? credentialPath(state) : accountPath;

/** Redirects the user of an older sign-in to enter the PIN or its equivalent, and back. */
export const requireRecentSignIn = check(
  'recent-sign-in',
  async function requireRecentSignIn({
    session,
    credential,
    provider: { clock },
  }: SignedInUser & Passed<'signed-in'> & { credential?: { id: string }; provider: { clock: Clock } }) {
    if (isRecent(session, clock.now())) return undefined;
    const query = new URLSearchParams({ again: credential?.id ?? '' });
    return redirect(`${accountPath}/sign-in?${query}`, 303);
  },
);
