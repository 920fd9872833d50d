import { activity } from '@alongside/kernel/activity';
import { type Answer, redirect } from '@alongside/kernel/answer';
import { type Clock, seconds } from '@alongside/kernel/clock';
import type { Recorder } from '@alongside/kernel/events';
import type { HttpRequest } from '@alongside/kernel/http';
import { randomToken } from '@alongside/kernel/ids';
import { endOf } from '@alongside/kernel/journeys';
import type { SigningKeys } from '@alongside/kernel/keys';
import type { Log } from '@alongside/kernel/log';
import type { Vault } from '@alongside/kernel/secrets';
import { check, type Passed, steps } from '@alongside/kernel/steps';
import type { Applications } from '../../../oauth/applications.ts';
import { onBehalfOfParameter, shownName } from '../../../oauth/on-behalf-of.ts';
import { type IdTokenHint, readIdTokenHint } from '../../../oauth/openid/id-token-hint.ts';
import {
  openHint,
  type SignOutTarget,
  signingOutClient,
  signOutTarget,
} from '../../../oauth/openid/sign-out.ts';
import { isForm, type Parameters, parseParameters, withQuery } from '../../../oauth/parameters.ts';
import type { SingleUse } from '../../../storage/single-use.ts';
import type { BrowserMarks } from '../../model/browser-marks.ts';
import type { LimitRows } from '../../model/interactions.ts';
import { findRelyingParty, type RelyingParty } from '../../model/relying-party.ts';
import type { Session, SignOutWithoutSession } from '../../model/session.ts';
import { goingOnPage } from '../../pages/frame.ts';
import { endpointPaths } from '../../protocol.ts';
import type { SessionEnds } from '../../sessions/session-ends.ts';
import type { Sessions } from '../../sessions/sessions.ts';
import { words } from '../../text/words.ts';
import { readParameters, reenterByGet } from '../authorize/parameters.ts';
import { endSessionErrors } from './errors.ts';
import { confirmSignOutPage, signedOutPage } from './page.ts';

export interface EndSessionDependencies {
  issuer: string;
  /** Path of the page on which the user confirms. */
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
  vault: Vault;
  clock: Clock;
  signOutWithoutSession: SignOutWithoutSession;
}

interface SignOutCall {
  request: HttpRequest;
  provider: EndSessionDependencies;
}

/** A sign-out that waits for the user to confirm it. */
interface WaitingSignOut {
  sid: string;
  target: SignOutTarget | null;
  /** Whether the question is shown in another browser than that of the session. */
  elsewhere: boolean;
}

interface WithHint {
  hint: IdTokenHint | null;
  /** Name of the platform's application that signs out. */
  onBehalfOf?: string;
}
interface WithClient {
  client: RelyingParty | null;
}
interface WithTarget {
  /** Null for the page "signed out". */
  target: SignOutTarget | null;
}
/** The session to end, and whether it is ended without a question. */
interface WithSession {
  session: Session | null;
  proven: boolean;
  elsewhere: boolean;
}

const confirmKind = 'cis2-sign-out';
const confirmLifetime = 600_000;

/** Reads the hint, also an expired one. Ignores an invalid one (OpenID Connect RP-Initiated Logout section 2). */
async function readHint({
  request,
  parameters,
  provider: { keys, issuer, log, vault },
}: SignOutCall & { parameters: Parameters }): Promise<WithHint> {
  const token = parameters.get('id_token_hint');
  const sealed = openHint(vault, parameters.get('state'), parameters.get(onBehalfOfParameter));
  if (sealed && token === undefined) return { hint: sealed, onBehalfOf: sealed.name };
  if (token === undefined) return { hint: null };
  const result = await readIdTokenHint(keys, issuer, token);
  if ('hint' in result) return result;
  log.info(
    { id: request.id, detail: `id_token_hint: ${result.fault}` },
    'an invalid id_token_hint is ignored',
  );
  return { hint: null };
}

const findClient = check(
  'client',
  async function findClient({
    parameters,
    hint,
    provider: { applications },
  }: SignOutCall & WithHint & { parameters: Parameters }): Promise<WithClient> {
    const clientId = signingOutClient(parameters, hint, endSessionErrors.logoutClient);
    const client = clientId === undefined ? undefined : await findRelyingParty(applications, clientId);
    if (client) activity()?.note({ client: clientId, application: client.application.id });
    return { client: client ?? null };
  },
);

/** Requires a registered address, byte for byte (section 3). */
const findTarget = check(
  'redirect-uri',
  function findTarget({
    parameters,
    client,
    hint,
  }: WithClient & WithHint & { parameters: Parameters }): WithTarget {
    const registration = client?.registration ?? null;
    return { target: signOutTarget(parameters, hint, registration, endSessionErrors.logoutRedirect) };
  },
);

/**
 * Finds the session of this browser, or that of the hint in a browser without a session. An attacker can send a stolen ID token from
 * anywhere, so it ends no session without a question, and no session at all once it has expired.
 */
async function findSession({
  request,
  hint,
  provider: { sessions, clock, signOutWithoutSession },
}: SignOutCall & WithHint): Promise<WithSession> {
  const own = await sessions.current(request);
  if (own) return { session: own, proven: hint?.sid === own.sid, elsewhere: false };
  const isValid = hint !== null && hint.sid !== null && hint.expires > seconds(clock);
  const named = isValid ? await sessions.get(hint.sid ?? '') : undefined;
  return { session: named ?? null, proven: signOutWithoutSession === 'end', elsewhere: true };
}

/** Asks the user to confirm, unless the hint is of the session of this browser. */
const askFirst = check(
  'consent',
  async function askFirst({
    request,
    session,
    proven,
    elsewhere,
    target,
    client,
    onBehalfOf,
    provider: { singleUse, signOutPath, development, limitRows },
  }: SignOutCall & WithHint & WithSession & WithTarget & WithClient & Passed<'client' | 'redirect-uri'>) {
    if (!session || proven) return undefined;
    await limitRows(request);
    const question = randomToken();
    const waiting: WaitingSignOut = { sid: session.sid, target, elsewhere };
    await singleUse.keep(confirmKind, question, waiting, confirmLifetime);
    const applicationName = onBehalfOf ?? (client ? shownName(client.application.name) : null);
    return confirmSignOutPage({ action: signOutPath, question, applicationName, elsewhere, development });
  },
);

/** Ends the session, then redirects. The policy of our pages forbids a redirect of a form to another origin: that gets a page. */
async function signOut({
  request,
  session,
  target,
  provider: { ends, marks, sessions, recorder, development },
}: SignOutCall & WithTarget & Passed<'consent'> & { session: Session | null }): Promise<Answer> {
  const to = target && withQuery(target.address, { state: target.state });
  if (session) {
    activity()?.note({ user: session.uid });
    // Before the relying parties are notified, because their events join this journey.
    recorder.record({
      keys: [endOf(session.sid)],
      session: session.cisSessionId ?? session.sid,
      from: 'browser',
      to: 'cis2',
      name: 'cis2.logout',
      detail: { goesBack: to !== null },
    });
    await ends.end([session], 'signedOut');
  }
  const continueTo = (address: string) =>
    request.method === 'POST'
      ? goingOnPage({ title: words.signOut.doneTitle, development, to: address })
      : redirect(address);
  const answer = to === null ? signedOutPage(development) : continueTo(to);
  return answer.with({
    'set-cookie': session ? [sessions.clearedCookie(), marks.signingOut()] : [sessions.clearedCookie()],
  });
}

/** `GET` and `POST /connect/endSession` (OpenID Connect RP-Initiated Logout 1.0). */
export const endSession = steps<SignOutCall>('cis2.end-session')
  .step(readParameters)
  .step(reenterByGet(endpointPaths.endSession))
  .step(readHint)
  .step(findClient)
  .step(findTarget)
  .step(findSession)
  .step(askFirst)
  .step(signOut);

/** Returns the target, unless its client or address was removed during the question. */
async function stillRegistered(
  { applications }: EndSessionDependencies,
  target: SignOutTarget | null,
): Promise<SignOutTarget | null> {
  const client = target && (await findRelyingParty(applications, target.clientId));
  return client?.registration.postLogoutRedirectUris.includes(target?.address ?? '') ? target : null;
}

/** Reads the user's confirmation. A question is valid only in its session, or in a browser without a session. */
const readConfirmation = check(
  'consent',
  async function readConfirmation({ request, provider }: SignOutCall) {
    const { singleUse, sessions } = provider;
    const form = isForm(request.headers['content-type']) ? parseParameters(request.body) : undefined;
    const waiting = await singleUse.peek<WaitingSignOut>(confirmKind, form?.get('question') ?? '');
    const own = await sessions.current(request);
    if (!waiting || (waiting.elsewhere ? own !== undefined : own?.sid !== waiting.sid))
      throw endSessionErrors.logoutUnknown('the question is unknown, or belongs to another session');
    return {
      session: own ?? (await sessions.get(waiting.sid)) ?? null,
      target: await stillRegistered(provider, waiting.target),
    };
  },
);

/** `POST /sign-out`, or below the path of its realm. */
export const confirmSignOut = steps<SignOutCall>('cis2.confirm-sign-out')
  .step(readConfirmation)
  .step(signOut);
