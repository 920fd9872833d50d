import { redirect } from '@alongside/kernel/answer';
import { check, type Passed } from '@alongside/kernel/steps';
import type { Person } from '../../cis/protocol.ts';
import { accountPath } from '../model/relying-party.ts';
import type { AssuranceLevel, Session } from '../model/session.ts';
import { goingOnPage } from '../pages/frame.ts';
import { formOf } from '../responses/own-form.ts';
import { words } from '../text/words.ts';
import { labelOf } from './enrolment.ts';
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

const name = /^[\w-]{1,64}$/;

/** A change that the user began before the sign-in was too old: a kind to add, or an authenticator and its new label. */
interface Begun {
  kind?: string | undefined;
  id?: string | undefined;
  label?: string | undefined;
}

/** Returns the `state` of the sign-in that leads back to this change. */
const stateOf = (begun: Begun): string =>
  new URLSearchParams(Object.entries(begun).filter(([, value]) => value)).toString();

/** Returns the page to show after a sign-in with this `state`: that of the change that was begun, or the account. It changes nothing. */
export function pathAfter(state: string | undefined): string {
  const begun = new URLSearchParams(state);
  const { kind = '', id = '', ...more }: Begun = Object.fromEntries(begun);
  const label = labelOf(more.label, '');
  if (name.test(kind)) return `${accountPath}/add?${new URLSearchParams({ kind })}`;
  if (!name.test(id)) return accountPath;
  return label === '' ? credentialPath(id) : `${credentialPath(id)}?${new URLSearchParams({ label })}`;
}

/** Leads the user of an older sign-in to enter the PIN or its equivalent, and back. */
export const requireRecentSignIn = check(
  'recent-sign-in',
  async function requireRecentSignIn({
    request,
    session,
    credential,
    enrolment,
    provider: { clock, development },
  }: Start &
    SignedInUser &
    Passed<'signed-in'> & { credential?: { id: string }; enrolment?: { kind: string } }) {
    if (isRecent(session, clock.now())) return undefined;
    const label = labelOf(formOf(request).get('label'), '');
    const again = stateOf({ kind: enrolment?.kind, id: credential?.id, label });
    const to = `${accountPath}/sign-in?${new URLSearchParams({ again })}`;
    if (request.method === 'GET') return redirect(to);
    // The sign-in redirects to the agent, which a form may not do (CSP).
    return goingOnPage({ title: words.account.signingIn, development, to });
  },
);
