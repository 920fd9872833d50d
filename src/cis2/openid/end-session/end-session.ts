import { type Answer, redirect } from '@alongside/kernel/answer';
import { type Clock, seconds } from '@alongside/kernel/clock';
import type { Recorder } from '@alongside/kernel/events';
import type { Endpoint, HttpRequest } from '@alongside/kernel/http';
import { randomToken } from '@alongside/kernel/ids';
import type { SigningKeys } from '@alongside/kernel/keys';
import type { Log } from '@alongside/kernel/log';
import { steps } from '@alongside/kernel/steps';
import type { Applications } from '../../../oauth/applications.ts';
import { isForm, type Parameters, parseParameters, withQuery } from '../../../oauth/parameters.ts';
import type { SingleUse } from '../../../storage/single-use.ts';
import type { BrowserMarks } from '../../model/browser-marks.ts';
import type { LimitRows } from '../../model/limit-rows.ts';
import { findRelyingParty, type RelyingParty } from '../../model/relying-party.ts';
import type { Session, SignOutWithoutSession } from '../../model/session.ts';
import { goingOnPage } from '../../pages/frame.ts';
import type { SessionEnds } from '../../sessions/session-ends.ts';
import type { Sessions } from '../../sessions/sessions.ts';
import { words } from '../../text/words.ts';
import { readParameters, reenterByGet } from '../authorize/parameters.ts';
import { type IdTokenHint, readIdTokenHint } from '../id-token-hint.ts';
import { endSessionErrors } from './errors.ts';
import { confirmSignOutPage, signedOutPage } from './page.ts';

interface Parts {
  issuer: string;
  /** Where the person says yes. */
  signOutPath: string;
  development: boolean;
  keys: SigningKeys;
  applications: Applications;
  singleUse: SingleUse;
  sessions: Sessions;
  ends: SessionEnds;
  marks: BrowserMarks;
  recorder: Recorder;
  log: Log;
  limitRows: LimitRows;
  clock: Clock;
  signOutWithoutSession: SignOutWithoutSession;
}

/** What a sign-out that waits for the person's word leads to. */
interface SignOut {
  sid: string;
  /** Where the browser goes afterwards; null for the page "signed out". */
  to: string | null;
  /** The session is not one of the browser that was asked. */
  elsewhere: boolean;
}

/** The session to end, and whether it is ended without a question. */
interface Meant {
  session: Session | null;
  proven: boolean;
  elsewhere: boolean;
}

const confirmKind = 'cis2-sign-out';
const confirmLifetime = 600_000;

/** An expired hint is a hint; a bad one is none (OpenID Connect RP-Initiated Logout section 2). */
const readHint = ({ keys, issuer, log }: Parts) =>
  async function readHint({
    request,
    parameters,
  }: {
    request: HttpRequest;
    parameters: Parameters;
  }): Promise<{ hint: IdTokenHint | null }> {
    const token = parameters.get('id_token_hint');
    if (token === undefined) return { hint: null };
    const result = await readIdTokenHint(keys, issuer, token);
    if ('hint' in result) return result;
    log.info({ id: request.id, detail: `id_token_hint: ${result.fault}` }, 'a hint that is none');
    return { hint: null };
  };

const findClient = ({ applications }: Parts) =>
  async function findClient({
    parameters,
    hint,
  }: {
    parameters: Parameters;
    hint: IdTokenHint | null;
  }): Promise<{ client: RelyingParty | null }> {
    const named = parameters.get('client_id');
    if (hint && named !== undefined && named !== hint.audience)
      throw endSessionErrors.logoutClient(`client_id is ${named}, the hint was made for ${hint.audience}`);
    const clientId = hint?.audience ?? named;
    return { client: (clientId !== undefined && (await findRelyingParty(applications, clientId))) || null };
  };

/** Only an exact address of a client that is known leads anywhere (section 3). */
async function findTarget({
  parameters,
  client,
  hint,
}: {
  parameters: Parameters;
  client: RelyingParty | null;
  hint: IdTokenHint | null;
}): Promise<{ to: string | null }> {
  const address = parameters.get('post_logout_redirect_uri');
  if (address === undefined || !client) return { to: null };
  if (!client.registration.postLogoutRedirectUris.includes(address))
    throw endSessionErrors.logoutRedirect(
      `${address} came, registered are: ${client.registration.postLogoutRedirectUris.join(' ')}`,
    );
  // A hint that was sent and does not hold proves no client.
  if (!hint && parameters.has('id_token_hint')) return { to: null };
  return { to: withQuery(address, { state: parameters.get('state') }) };
}

/**
 * Finds the session that is meant: this browser's, or the one of the hint when this browser has none. Whoever has got hold of
 * an ID token can send it from anywhere, so there it ends nothing without a question, and does nothing once it has expired.
 */
const findSession = ({ sessions, clock, signOutWithoutSession }: Parts) =>
  async function findSession({
    request,
    hint,
  }: {
    request: HttpRequest;
    hint: IdTokenHint | null;
  }): Promise<Meant> {
    const own = await sessions.current(request);
    if (own) return { session: own, proven: hint?.sid === own.sid, elsewhere: false };
    const counts = hint !== null && hint.sid !== null && hint.expires > seconds(clock);
    const named = counts ? await sessions.get(hint.sid ?? '') : undefined;
    return { session: named ?? null, proven: signOutWithoutSession === 'end', elsewhere: true };
  };

const askFirst = ({ singleUse, signOutPath, development, limitRows }: Parts) =>
  async function askFirst({
    request,
    session,
    proven,
    elsewhere,
    to,
    client,
  }: Meant & {
    request: HttpRequest;
    to: string | null;
    client: RelyingParty | null;
  }): Promise<Answer | undefined> {
    if (!session || proven) return undefined;
    await limitRows(request);
    const question = randomToken();
    const kept: SignOut = { sid: session.sid, to, elsewhere };
    await singleUse.keep(confirmKind, question, kept, confirmLifetime);
    const applicationName = client?.application.name ?? null;
    return confirmSignOutPage({ action: signOutPath, question, applicationName, elsewhere, development });
  };

/** Ends the session, then leads on; a form of ours may not lead to another origin by redirect. */
const signOut = ({ ends, marks, sessions, recorder, development }: Parts) =>
  async function signOut({
    request,
    session,
    to,
  }: {
    request: HttpRequest;
    session: Session | null;
    to: string | null;
  }): Promise<Answer> {
    if (session) {
      await ends.end([session], 'signedOut');
      const keys = [session.sid, session.cisSessionId ?? ''];
      recorder.record({
        keys,
        from: 'browser',
        to: 'cis2',
        name: 'cis2.logout',
        detail: { goesBack: to !== null },
      });
    }
    const leading = (address: string) =>
      request.method === 'POST'
        ? goingOnPage({ title: words.signOut.doneTitle, development, to: address })
        : redirect(address);
    const answer = to === null ? signedOutPage(development) : leading(to);
    return answer.with({
      'set-cookie': session ? [sessions.clearedCookie(), marks.signingOut()] : [sessions.clearedCookie()],
    });
  };

/** `GET` and `POST /connect/endSession` (OpenID Connect RP-Initiated Logout 1.0). */
export function createEndSession(parts: Parts): Endpoint {
  const list = steps<{ request: HttpRequest }>()
    .step(readParameters)
    .step(reenterByGet(`${parts.issuer}/connect/endSession`))
    .step(readHint(parts))
    .step(findClient(parts))
    .step(findTarget)
    .step(findSession(parts))
    .step(askFirst(parts))
    .step(signOut(parts));
  return (request) => list.run({ request });
}

/**
 * `POST /sign-out`, or below the path of its realm: the user's yes. A question belongs to the session in which it was asked,
 * or to a browser without one.
 */
export function createConfirmSignOut(parts: Parts): Endpoint {
  const end = signOut(parts);
  return async (request) => {
    const form = isForm(request.headers['content-type']) ? parseParameters(request.body) : undefined;
    const kept = await parts.singleUse.peek<SignOut>(confirmKind, form?.get('question') ?? '');
    const own = await parts.sessions.current(request);
    if (!kept || (kept.elsewhere ? own !== undefined : own?.sid !== kept.sid))
      throw endSessionErrors.logoutUnknown('the question is unknown, or belongs to another session');
    const session = own ?? (await parts.sessions.get(kept.sid)) ?? null;
    return end({ request, session, to: kept.to });
  };
}
