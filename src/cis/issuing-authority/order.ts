import { createPublicKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { errors } from '../errors.ts';
import type { CardProfile } from '../protocol.ts';
import { base64 } from '../shapes.ts';
import { isCardKey } from './card-keys.ts';
import type { CertificatePurpose } from './profiles.ts';

/** An order for the certificates of a card. */
export interface CertificateOrder {
  uid: string;
  cardSerial: string;
  profile: CardProfile;
  /** SPKI DER. */
  keys: Record<CertificatePurpose, Buffer>;
}

/** A public key in a request: SPKI DER in base64. */
export const spki = base64(1_024);

export const cardSerial = z
  .string()
  .regex(/^[A-Za-z0-9-]{4,40}$/, 'must be 4 to 40 letters, digits and hyphens');

function readKey(der: Buffer): KeyObject {
  let key: KeyObject;
  try {
    key = createPublicKey({ key: der, format: 'der', type: 'spki' });
  } catch (error) {
    throw errors.cardKeyUnfit('a key is not SPKI DER', {}, error);
  }
  if (!isCardKey(key)) throw errors.cardKeyUnfit('the type or size of a key is not allowed');
  return key;
}

/** Parses the two keys of a card and returns them in canonical DER. @throws Refusal `invalid_key` */
export function readKeys(authenticationKey: Buffer, signingKey: Buffer): CertificateOrder['keys'] {
  const [authentication, signing] = [readKey(authenticationKey), readKey(signingKey)];
  if (authentication.equals(signing)) throw errors.cardKeyUnfit('the keys are equal');
  const der = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' });
  return { authentication: der(authentication), signing: der(signing) };
}
