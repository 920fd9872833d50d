import type { KeyObject } from 'node:crypto';
import { type Clock, seconds } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import { type JsonWebKey, thumbprint } from '@alongside/kernel/jwk';
import { decodeJwt, isSigningAlgorithm, keyFits, publicKeyOf, verifySignature } from '@alongside/kernel/jws';
import { sessionCertificateType } from '../../../cis/protocol.ts';
import type { RemoteKeys } from '../../../oauth/remote-keys.ts';
import type { Urls } from '../../../service.ts';
import { sharedErrors } from '../../errors/shared.ts';
import { smartcardErrors } from './errors.ts';

/** A session key that CIS certified (RFC 7800). */
export interface SessionCertificate {
  sessionId: string;
  uid: string;
  key: KeyObject;
  keyThumbprint: string;
}

/** Clocks may differ by so many seconds. */
const skew = 10;

function confirmedKey(confirmation: unknown): { key: KeyObject; keyThumbprint: string } | undefined {
  const jwk = (confirmation as { jwk?: unknown } | null | undefined)?.jwk;
  const key = publicKeyOf(jwk);
  return key && keyFits('ES256', key) ? { key, keyThumbprint: thumbprint(jwk as JsonWebKey) } : undefined;
}

/** Checks a session certificate against the keys that CIS publishes; throws `proofInvalid`. */
export async function readSessionCertificate(
  token: string,
  parts: { cisKeys: RemoteKeys; cisKeysUrl: string; urls: Urls; clock: Clock },
): Promise<SessionCertificate> {
  const refuse = (why: string) => smartcardErrors.proofInvalid(`session certificate: ${why}`);
  const jwt = decodeJwt(token);
  if (!jwt) throw refuse('it is not a JWT');
  const { alg, kid, typ } = jwt.header;
  if (typ !== sessionCertificateType) throw refuse(`the type is ${String(typ)}`);
  if (!isSigningAlgorithm(alg) || typeof kid !== 'string')
    throw refuse(`alg ${String(alg)} or the kid is not usable`);
  let cisKey: KeyObject | undefined;
  try {
    cisKey = await parts.cisKeys.key(parts.cisKeysUrl, kid);
  } catch (error) {
    throw sharedErrors.cisUnreachable(`the keys of CIS: ${reasonOf(error)}`);
  }
  if (!cisKey) throw refuse('CIS has no key with this kid');
  if (!(await verifySignature(jwt, alg, cisKey))) throw refuse('the signature does not hold');
  const { iss, sub, sid, exp, iat, cnf } = jwt.claims;
  if (iss !== parts.urls.cis) throw refuse(`iss is ${String(iss)}, ${parts.urls.cis} was expected`);
  const now = seconds(parts.clock);
  if (typeof sub !== 'string' || typeof sid !== 'string') throw refuse('sub or sid is missing');
  if (typeof exp !== 'number' || exp + skew <= now) throw refuse('it has run out');
  if (typeof iat !== 'number' || iat - skew > now) throw refuse('it is from the future');
  const confirmed = confirmedKey(cnf);
  if (!confirmed) throw refuse('cnf.jwk is not a public P-256 key');
  return { sessionId: sid, uid: sub, ...confirmed };
}
