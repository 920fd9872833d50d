import { seconds, shownTime, timeAt } from '@alongside/kernel/clock';
import type { Refuse } from '@alongside/kernel/errors';
import { type DecodedJwt, decodeJwt } from '@alongside/kernel/jws';
import { shownRegistered } from '@alongside/kernel/refusal-facts';
import { shown } from '../../../oauth/check.ts';
import type { RemoteKeys } from '../../../oauth/remote-keys.ts';
import type { WithBatch } from '../../../oauth/request-batch.ts';
import { isFor, signedByProvider } from '../../../oauth/upstream/calls.ts';
import { withRecordedLevels } from '../../../oauth/upstream/providers.ts';
import type { Upstream } from '../../../oauth/upstream/upstream.ts';
import { isJwtType, isMissing } from '../../application/assertion.ts';
import type { WithClient } from '../../application/client.ts';
import { errors } from '../../errors.ts';
import { isIssuedTo, unusedExchange } from '../../id-token-party.ts';
import type { Incoming } from '../../incoming.ts';
import type { AtBase } from '../../parts.ts';

/** An ID token to exchange. */
export interface WithSubject {
  idToken: string;
  subject: DecodedJwt;
}
export interface WithIssuer extends WithSubject {
  upstream: Upstream;
}

export function decodeSubject({ form }: Incoming): WithSubject {
  const idToken = form.get('subject_token');
  if (idToken === undefined) throw errors.subjectMissing('subject_token is missing');
  const subject = decodeJwt(idToken);
  if (!subject) throw errors.subjectMalformed('subject_token is not a compact JWS of two JSON objects');
  return { idToken, subject };
}

/** Runs the published checks in their order (identity-service-api, validate-subject-token-claims). */
export function checkSubject({ server, subject }: AtBase<'clock'> & WithSubject): void {
  const { parts } = server;
  const { header, claims } = subject;
  const { exp, iss, aud } = claims;
  const now = seconds(parts.clock);
  if (isMissing(header.kid)) throw errors.subjectKidMissing('the header has no kid');
  if (!isJwtType(header.typ)) throw errors.subjectTyp(`typ is ${String(header.typ)}`);
  if (isMissing(header.alg)) throw errors.subjectAlgMissing('the header has no alg');
  if (isMissing(exp)) throw errors.subjectExpMissing('exp is missing');
  if (typeof exp !== 'number') throw errors.subjectExpInvalid(`exp is of type ${typeof exp}`);
  if (exp <= now)
    throw errors.subjectExpired(`exp is ${shownTime(exp, now)}`).about({
      field: 'exp',
      headline: 'The ID token has expired',
      received: `an ID token that expired at ${timeAt(exp * 1_000, now * 1_000)}`,
      expected: 'an ID token that is still valid',
    });
  if (isMissing(iss)) throw errors.subjectIssMissing('iss is missing');
  if (isMissing(aud)) throw errors.subjectAudMissing('aud is missing');
}

export function checkSubjectIssuer({ server: { base }, subject }: AtBase & WithSubject): {
  upstream: Upstream;
} {
  const { iss } = subject.claims;
  const upstream = base.providerOf(iss);
  if (upstream) return { upstream };
  const issuers = base.upstreams.map(({ issuer }) => issuer);
  throw errors.subjectIssuer(`iss is ${String(iss)}, expected is ${issuers.join(' or ')}`).about({
    field: 'iss',
    headline: 'The ID token is of another provider',
    received: String(iss).slice(0, 200),
    expected: shownRegistered(String(iss), issuers),
  });
}

/** Verifies the provider's signature of a subject or actor token. */
export async function requireSignature(
  jwt: DecodedJwt,
  upstream: Upstream,
  keys: RemoteKeys,
  unknownKey: Refuse,
): Promise<void> {
  const signed = await signedByProvider(upstream, jwt, keys);
  if (signed === 'unknown key')
    throw unknownKey(`${upstream.jwksUrl} has no key ${String(jwt.header.kid)}`).about({
      field: 'kid',
      headline: 'The key of the ID token is unknown',
      received: shown(jwt.header.kid),
      expected: `a key of ${upstream.jwksUrl}`,
    });
  if (signed === 'no')
    throw errors.signatureInvalid(`a token of ${upstream.id}, alg ${String(jwt.header.alg)}`);
}

export async function checkSubjectSignature({
  server: { parts },
  subject,
  upstream,
}: AtBase<'upstreamKeys'> & WithIssuer): Promise<void> {
  await requireSignature(subject, upstream, parts.upstreamKeys, errors.subjectKid);
  // For a citizen, the NHS number suffices, as at the published service.
  const person = upstream.id === 'nhs-login' ? ['nhs_number', 'sub'] : ['sub'];
  if (person.every((claim) => isMissing(subject.claims[claim])))
    throw errors.subjectMalformed(`the ID token has no ${person.join(' and no ')}`);
}

/** Requires this application as the audience if it is registered at CIS2 (RFC 8693 section 5). The published service accepts any audience. */
export function checkSubjectAudience({
  server: { base },
  subject,
  upstream,
  client,
}: AtBase & WithIssuer & WithClient): void {
  const own = client.application.cis2?.clientId;
  if (!base.hardening.bindSubjectAudience || own === undefined || upstream.id !== 'nhs-cis2') return;
  const { aud } = subject.claims;
  if (!isFor(aud, own))
    throw errors
      .subjectAudience(`aud is ${JSON.stringify(aud)}, the application's CIS2 client is ${own}`)
      .about({
        field: 'aud',
        headline: 'The ID token is for another client',
        received: shown(aud),
        expected: own,
      });
}

/** Refuses an ID token of another application, if switched on. */
export function refuseForeign({ server, subject, client }: AtBase & WithIssuer & WithClient): void {
  const { base } = server;
  const { claims } = subject;
  if (base.hardening.refuseForeignIdTokens && !isIssuedTo(claims, client))
    throw errors.subjectForeign(
      `aud is ${JSON.stringify(claims.aud)}, which is not a client id of ${client.application.name}`,
    );
}

/** Uses up the ID token, if switched on. */
export function useIdTokenOnce({
  server: { base, parts },
  idToken,
  subject: { claims },
  batch,
}: AtBase<'singleUse' | 'clock'> & WithBatch & WithIssuer): void {
  if (base.hardening.idTokenOnce)
    batch.require({
      ...unusedExchange(parts, idToken, Number(claims.exp) * 1_000),
      refuse: () => errors.subjectUsed('this ID token was exchanged before'),
    });
}

/** Adds the levels to an ID token of CIS2 that names none. */
export async function readLevels({
  server: { parts },
  subject,
  upstream,
}: AtBase<'tokens'> & WithIssuer): Promise<{ subject: DecodedJwt }> {
  return { subject: { ...subject, claims: await withRecordedLevels(parts, upstream, subject.claims) } };
}

/** Refuses an ID token after the provider has ended its session. */
export function refuseEndedSession({
  server: { base, parts },
  batch,
  subject: { claims },
  upstream,
}: AtBase<'endedSessions'> & WithBatch & WithIssuer): { sid: string | null } {
  const sid = typeof claims.sid === 'string' && claims.sid !== '' ? claims.sid : null;
  parts.endedSessions.requireLive(batch, base, upstream, sid, () =>
    errors.subjectSession('the provider has ended the session of this ID token'),
  );
  return { sid };
}
