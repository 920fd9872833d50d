import { createPublicKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { errors } from '../errors.ts';
import type { CardProfile } from '../protocol.ts';
import { base64 } from '../shapes.ts';
import { isCardKey } from './card-keys.ts';
import type { CertificatePurpose } from './policies.ts';

/** What certificates are made for. */
export interface CertificateOrder {
  uid: string;
  cardSerial: string;
  profile: CardProfile;
  /** SPKI DER. */
  keys: Record<CertificatePurpose, Buffer>;
}

/** A public key in a request: SPKI DER as base64. */
export const spki = base64(1_024);

/** The number of a card. */
export const cardSerial = z
  .string()
  .regex(/^[A-Za-z0-9-]{4,40}$/, 'must be 4 to 40 letters, digits and hyphens');

function readKey(der: Buffer): KeyObject {
  try {
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
    if (isCardKey(key)) return key;
  } catch (error) {
    throw errors.cardKeyUnfit('a key is not SPKI DER', {}, error);
  }
  throw errors.cardKeyUnfit('a key is of another kind');
}

/** The two keys of a card, as DER of one spelling. Throws `invalid_key`. */
export function readKeys(authenticationKey: Buffer, signingKey: Buffer): CertificateOrder['keys'] {
  const [authentication, signing] = [readKey(authenticationKey), readKey(signingKey)];
  if (authentication.equals(signing)) throw errors.cardKeyUnfit('both keys are one');
  const der = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' });
  return { authentication: der(authentication), signing: der(signing) };
}
