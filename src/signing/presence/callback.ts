import type { Answer } from '@alongside/kernel/answer';
import { seconds } from '@alongside/kernel/clock';
import { readCookies } from '@alongside/kernel/cookies';
import { Refusal } from '@alongside/kernel/errors';
import { stateKey } from '@alongside/kernel/journeys';
import { decodeJwt, type JwtClaims } from '@alongside/kernel/jws';
import { OutboundError } from '@alongside/kernel/outbound';
import { equalSecrets, sha256 } from '@alongside/kernel/secrets';
import { check, type Passed, steps } from '@alongside/kernel/steps';
import { type Parameters, parseParameters } from '../../oauth/parameters.ts';
import { isFor, redeemCode, signedByProvider, UpstreamFailure } from '../../oauth/upstream/calls.ts';
import { withRecordedLevels } from '../../oauth/upstream/providers.ts';
import { endingOf, errors } from '../errors.ts';
import { refusesPresence } from '../faults.ts';
import { pagePaths } from '../parts.ts';
import type { PendingPresence, SigningRequest } from '../transactions.ts';
import { complete, end, goBack } from './complete.ts';
import { browserCookie, type PageCall } from './presence.ts';

/** Seconds by which the clock of a CIS2 of others may differ. */
const otherClock = 30;

type WithPresence = {
  parameters: Parameters;
  presence: PendingPresence;
  token: string;
  pending: SigningRequest;
};

/** Takes the started check of this browser: a response counts once, and only in the browser that began. */
const takePresence = check(
  'state',
  async function takePresence({
    signing: { transactions, cookies, upstream, recorder },
    request,
  }: PageCall): Promise<WithPresence | Answer> {
    const parameters = parseParameters(request.query);
    const state = parameters?.get('state') ?? '';
    const waiting = await transactions.peekPresence(state);
    if (!parameters || !waiting)
      throw errors.presenceUnknown('no presence check has this state, or it was used');
    const cookie = readCookies(request.headers.cookie).get(cookies.name(browserCookie(state)));
    if (cookie === undefined || !equalSecrets(sha256(cookie), waiting.browser))
      throw errors.presenceUnknown('the response is from another browser than the request');
    const presence = await transactions.takePresence(state);
    if (!presence)
      throw errors.presenceUnknown('another response with this state was processed at the same time');
    const { token } = presence;
    recorder.record({
      keys: [token, stateKey({ clientId: upstream.clientId, state }), parameters.get('code') ?? ''],
      from: 'cis2',
      to: 'gateway',
      name: 'signing.callback',
      outcome: parameters.has('error') ? 'refused' : 'ok',
    });
    const pending = await transactions.find(token);
    if (pending) return { parameters, presence, token, pending };
    const answer = await transactions.answer(token);
    if (answer) return goBack(token, answer);
    throw errors.tokenExpired('the request expired during the presence check');
  },
);

async function redeem({
  signing: { upstream, urls, transactions, faults },
  parameters,
  presence,
}: PageCall & WithPresence): Promise<{ idToken: string }> {
  if (await refusesPresence(faults)) throw errors.presenceFailed('the fault signing-presence-refused is on');
  const issuer = parameters.get('iss');
  if (issuer !== undefined && issuer !== upstream.issuer)
    throw errors.presenceFailed(`iss is ${issuer.slice(0, 300)}, expected is ${upstream.issuer}`);
  const code = parameters.get('code');
  if (code === undefined)
    throw errors.presenceFailed(
      `CIS2 answered ${parameters.get('error')?.slice(0, 64)}: ${parameters.get('error_description')?.slice(0, 300)}`,
    );
  const redirectUri = `${urls.api}${pagePaths.callback}`;
  return redeemCode(upstream, { code, redirectUri, verifier: transactions.verifierOf(presence) });
}

const checkIdToken = check(
  'id-token',
  async function checkIdToken({
    signing: { upstream, upstreamKeys, clock, tokens },
    presence,
    idToken,
  }: PageCall & WithPresence & { idToken: string }): Promise<{ claims: JwtClaims }> {
    const jwt = decodeJwt(idToken);
    if (!jwt) throw errors.presenceFailed('the ID token is not a compact JWS');
    const { iss, aud, exp, nonce } = jwt.claims;
    if (iss !== upstream.issuer) throw errors.presenceFailed(`iss is ${String(iss)}`);
    if (!isFor(aud, upstream.clientId)) throw errors.presenceFailed(`aud is ${JSON.stringify(aud)}`);
    const signed = await signedByProvider(upstream, jwt, upstreamKeys);
    if (signed !== 'yes') throw errors.presenceFailed(`the signature of the ID token: ${signed}`);
    if (typeof exp !== 'number' || exp <= seconds(clock))
      throw errors.presenceFailed('the ID token has expired');
    if (typeof nonce !== 'string' || !equalSecrets(nonce, presence.nonce))
      throw errors.presenceFailed('the nonce is not the one that was sent');
    return { claims: await withRecordedLevels({ tokens }, upstream, jwt.claims) };
  },
);

type Proven = PageCall & WithPresence & { claims: JwtClaims };

/** Accepts the proof of the person of the access token alone. */
const checkPerson = check(
  'person',
  function checkPerson({ signing: { upstream }, claims, pending }: Proven): void {
    const uid = upstream.personOf(claims);
    if (uid !== pending.uid) throw errors.wrongPerson(`${uid} answered, the request is for ${pending.uid}`);
  },
);

/** Accepts no sign-in from before the check began. */
const checkFresh = check(
  'fresh',
  function checkFresh({ signing: { upstream }, claims, presence }: Proven): void {
    const { auth_time: time } = claims;
    const begin = Math.floor(presence.startedAt / 1_000) - (upstream.isOwn ? 0 : otherClock);
    if (typeof time !== 'number' || time < begin)
      throw errors.presenceFailed(`auth_time is ${String(time)}, the check began at ${begin}`);
  },
);

const checkLevel = check('level', function checkLevel({ signing: { upstream }, claims }: Proven): void {
  const level = upstream.levelOf(claims)?.name;
  if (level !== 'aal3') throw errors.presenceFailed(`the level is ${level}, expected is aal3`);
});

const textOf = (claim: unknown): string => [claim].flat().map(String).join(' ').slice(0, 100);

async function sign({
  signing,
  request,
  token,
  pending,
  claims,
}: Proven & Passed<'state' | 'id-token' | 'person' | 'fresh' | 'level'>): Promise<Answer> {
  const presence = {
    mode: 'user' as const,
    authenticator: textOf(claims.amr ?? claims.acr),
    acr: textOf(claims.acr),
    session: typeof claims.sid === 'string' ? claims.sid : undefined,
  };
  const answer =
    (await complete(signing, token, pending, presence, request)) ??
    (await signing.transactions.answer(token));
  if (!answer) throw errors.presenceUnknown('the request was completed at the same time');
  return goBack(token, answer);
}

/** The checks of the proof, in their order, and the signature. */
const proof = steps<PageCall & WithPresence & Passed<'state'>>('signing.presence-proof')
  .step(redeem)
  .step(checkIdToken)
  .step(checkPerson)
  .step(checkFresh)
  .step(checkLevel)
  .step(sign);

/** A failed proof ends the request: the application gets the error, and has to send another request. */
async function prove(known: PageCall & WithPresence & Passed<'state'>): Promise<Answer> {
  const { signing, request, token, pending } = known;
  try {
    return await proof.run(known);
  } catch (thrown) {
    const isOfProvider = thrown instanceof UpstreamFailure || thrown instanceof OutboundError;
    const refusal = isOfProvider ? errors.presenceFailed(thrown.message, {}, thrown) : thrown;
    const ending = refusal instanceof Refusal ? endingOf(refusal) : undefined;
    if (!(refusal instanceof Refusal) || ending === undefined) throw thrown;
    const answer = await end(signing, token, pending, { ending, detail: refusal.detail }, request);
    if (!answer) throw errors.presenceUnknown('the request was completed at the same time');
    return goBack(token, answer).refusing(refusal);
  }
}

/** `GET /callback`: the response of CIS2. */
export const presenceCallback = steps<PageCall>('signing.callback').step(takePresence).step(prove);
