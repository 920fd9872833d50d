import { seconds, shownTime } from '@alongside/kernel/clock';
import { isObject } from '@alongside/kernel/json';
import { type DecodedJwt, decodeJwt } from '@alongside/kernel/jws';
import { isJwtType, isMissing } from '../../application/assertion.ts';
import { errors } from '../../errors.ts';
import type { Attributes } from '../../issue.ts';
import type { AtBase } from '../../parts.ts';
import { requireSignature, type WithIssuer, type WithSubject } from './subject-token.ts';

/** The actor in a composite token of the provider for citizens, who acts on behalf of the subject. */
export interface WithActor {
  actor: { jwt: DecodedJwt; nhsNumber: string } | null;
}

/** Runs the published checks in their order (identity-service-api, validate-actor-token-claims). */
export function checkActor({ subject }: WithSubject): WithActor {
  const { act, nhs_number: number } = subject.claims;
  if (isMissing(number) || !isObject(act) || typeof act.sub !== 'string') return { actor: null };
  const jwt = decodeJwt(act.sub);
  if (!jwt) throw errors.actorMalformed('act.sub is not a compact JWS of two JSON objects');
  const { header, claims } = jwt;
  if (isMissing(header.kid)) throw errors.actorKidMissing('the header has no kid');
  if (!isJwtType(header.typ)) throw errors.actorTyp(`typ is ${String(header.typ)}`);
  if (isMissing(header.alg)) throw errors.actorAlgMissing('the header has no alg');
  if (isMissing(claims.exp)) throw errors.actorExpMissing('exp is missing');
  if (typeof claims.exp !== 'number') throw errors.actorExpInvalid(`exp is of type ${typeof claims.exp}`);
  if (isMissing(claims.iss)) throw errors.actorIssMissing('iss is missing');
  if (isMissing(claims.aud)) throw errors.actorAudMissing('aud is missing');
  if (isMissing(claims.nhs_number)) throw errors.actorNumberMissing('nhs_number is missing');
  return { actor: { jwt, nhsNumber: String(claims.nhs_number) } };
}

/** Verifies the actor token. The published service only decodes it, so anyone could forge one. */
export async function verifyActor({
  server: { base, parts },
  actor,
  upstream,
}: AtBase<'upstreamKeys' | 'clock'> & WithActor & WithIssuer): Promise<void> {
  if (!actor || !base.hardening.verifyActor) return;
  const { iss, exp } = actor.jwt.claims;
  const now = seconds(parts.clock);
  if (iss !== upstream.issuer)
    throw errors.actorIssuer(`iss is ${String(iss)}, expected is ${upstream.issuer}`);
  await requireSignature(actor.jwt, upstream, parts.upstreamKeys, errors.actorKid);
  if (typeof exp !== 'number' || exp <= now) throw errors.actorExpired(`exp is ${shownTime(exp, now)}`);
}

export const actorAttributes = ({ actor }: WithActor): Attributes =>
  actor ? { actor_user_id: actor.nhsNumber, actor_delegated: 'true' } : {};
