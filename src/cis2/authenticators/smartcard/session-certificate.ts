import type { KeyObject } from 'node:crypto';
import { seconds } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import {
  decodeJwt,
  isSigningAlgorithm,
  type JsonWebKey,
  keyFits,
  publicKeyOf,
  thumbprint,
  verifySignature,
} from '@alongside/kernel/jws';
import { check } from '@alongside/kernel/steps';
import { z } from 'zod';
import { sessionCertificateType } from '../../../cis/protocol.ts';
import { sharedErrors } from '../../errors/shared.ts';
import { smartcardErrors } from './errors.ts';
import type { SmartcardDependencies } from './sign-in.ts';

/** A session key that CIS certified (RFC 7800). */
export interface SessionCertificate {
  sessionId: string;
  uid: string;
  key: KeyObject;
  keyThumbprint: string;
}

/** The claims of a certificate, with the key of CIS that verified its signature. */
interface VerifiedClaims {
  kid: string;
  cisKey: KeyObject;
  claims: Readonly<Record<string, unknown>>;
  confirmed: Pick<SessionCertificate, 'key' | 'keyThumbprint'> | undefined;
}

/** Seconds. Clock difference accepted from CIS. */
const skew = 10;
/** Verified certificates by their text. An agent shows the same one in each hand-off of its session. */
const verified = new Map<string, VerifiedClaims>();
const maxVerified = 1_000;

const confirmationShape = z.object({ jwk: z.custom<JsonWebKey>() });

function confirmedKey(confirmation: unknown): VerifiedClaims['confirmed'] {
  const jwk = confirmationShape.safeParse(confirmation).data?.jwk;
  const key = publicKeyOf(jwk);
  return jwk && key && keyFits('ES256', key) ? { key, keyThumbprint: thumbprint(jwk) } : undefined;
}

const refuse = (reason: string) => smartcardErrors.proofInvalid(`session certificate: ${reason}`);

async function keyOfCis({ cisKeys, cisKeysUrl }: SmartcardDependencies, kid: string): Promise<KeyObject> {
  let key: KeyObject | undefined;
  try {
    key = await cisKeys.key(cisKeysUrl, kid);
  } catch (error) {
    throw sharedErrors.cisUnreachable(`the keys of CIS: ${reasonOf(error)}`);
  }
  if (!key) throw refuse('CIS has no key with this kid');
  return key;
}

/** Verifies the signature of a certificate, once for each key of CIS. */
async function verifyClaims(dependencies: SmartcardDependencies, token: string): Promise<VerifiedClaims> {
  const known = verified.get(token);
  if (known && known.cisKey === (await keyOfCis(dependencies, known.kid))) return known;
  const jwt = decodeJwt(token);
  if (!jwt) throw refuse('it is not a JWT');
  const { alg, kid, typ } = jwt.header;
  if (typ !== sessionCertificateType) throw refuse(`the type is ${String(typ)}`);
  if (!isSigningAlgorithm(alg) || typeof kid !== 'string')
    throw refuse(`alg ${String(alg)} or the kid is not usable`);
  const cisKey = await keyOfCis(dependencies, kid);
  if (!(await verifySignature(jwt, alg, cisKey))) throw refuse('the signature is not valid');
  const made = { kid, cisKey, claims: jwt.claims, confirmed: confirmedKey(jwt.claims.cnf) };
  if (verified.size >= maxVerified) verified.clear();
  verified.set(token, made);
  return made;
}

/** Verifies the session certificate with the keys that CIS publishes. Throws `proofInvalid`. */
export const readCertificate = check(
  'session-certificate',
  async function readCertificate({
    smartcard,
    sessionCertificate,
  }: {
    smartcard: SmartcardDependencies;
    sessionCertificate: string;
  }) {
    const { claims, confirmed } = await verifyClaims(smartcard, sessionCertificate);
    const { iss, sub, sid, exp, iat } = claims;
    const { urls, clock } = smartcard;
    if (iss !== urls.cis) throw refuse(`iss is ${String(iss)}, expected ${urls.cis}`);
    const now = seconds(clock);
    if (typeof sub !== 'string' || typeof sid !== 'string') throw refuse('sub or sid is missing');
    if (typeof exp !== 'number' || exp + skew <= now) throw refuse('it has expired');
    if (typeof iat !== 'number' || iat - skew > now) throw refuse('iat is in the future');
    if (!confirmed) throw refuse('cnf.jwk is not a public P-256 key');
    return { certificate: { sessionId: sid, uid: sub, ...confirmed } };
  },
);
