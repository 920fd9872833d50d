import { createPublicKey, type KeyObject } from 'node:crypto';
import type { Clock } from '@alongside/kernel/clock';
import { z } from 'zod';
import { errors } from '../errors.ts';
import { type CardProfile, type CertificateAnswer, paths } from '../protocol.ts';
import { base64 } from '../shapes.ts';
import { type Authorities, type Authority, subjectIn } from './authority.ts';
import type { NewCertificate } from './certificate-records.ts';
import { type CertificatePurpose, isCardKey, profiles, validityOf, virtualCardPolicies } from './profiles.ts';

/** The card of an order. */
interface OrderedCard {
  uid: string;
  cardSerial: string;
  profile: CardProfile;
}

export interface CertificateOrder extends OrderedCard {
  /** SPKI DER. */
  keys: Record<CertificatePurpose, Buffer>;
}

/** A public key in a request: SPKI DER in base64. */
export const spki = base64(1_024);

export const cardSerial = z
  .string()
  .regex(/^[A-Za-z0-9-]{4,40}$/, 'must be 4 to 40 letters, digits and hyphens');

/** An order for another signing key of a card. */
export interface SigningKeyOrder extends OrderedCard {
  /** SPKI DER. */
  key: Buffer;
}

const derOf = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' });

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
  return { authentication: derOf(authentication), signing: derOf(signing) };
}

/** Parses one key of a card. @throws Refusal `invalid_key` */
export const readCardKey = (key: Buffer): Buffer => derOf(readKey(key));

/** The signed certificates of a card, and the records to store. */
export interface IssuedCertificates {
  answer: CertificateAnswer;
  records: Record<CertificatePurpose, NewCertificate>;
}

/** Issues the certificates of virtual cards. */
export class CardCertificates {
  readonly #authorities: Authorities;
  readonly #clock: Clock;
  readonly #origin: string;

  /** @param origin public address of CIS, for the addresses of the CRL and the responder */
  constructor(authorities: Authorities, clock: Clock, origin: string) {
    this.#authorities = authorities;
    this.#clock = clock;
    this.#origin = origin;
  }

  async issue(order: CertificateOrder): Promise<IssuedCertificates> {
    const authority = await this.#authorities.ensure(profiles[order.profile].authority);
    const [authentication, signing] = await Promise.all([
      this.#issueOne(order, 'authentication', order.keys.authentication, authority),
      this.#issueOne(order, 'signing', order.keys.signing, authority),
    ]);
    return {
      answer: {
        authentication: authentication.certificate.toString('base64'),
        signing: signing.certificate.toString('base64'),
      },
      records: { authentication: authentication.record, signing: signing.record },
    };
  }

  /** Signs the certificate of another signing key. The certificates that the card has stay valid. */
  async issueSigning({
    key,
    ...card
  }: SigningKeyOrder): Promise<{ certificate: Buffer; record: NewCertificate }> {
    return this.#issueOne(
      card,
      'signing',
      key,
      await this.#authorities.ensure(profiles[card.profile].authority),
    );
  }

  get #revocation(): { crl: string; ocsp: string } {
    return { crl: `${this.#origin}${paths.crl}`, ocsp: `${this.#origin}${paths.ocsp}` };
  }

  async #issueOne(order: OrderedCard, purpose: CertificatePurpose, key: Buffer, authority: Authority) {
    const { buildCertificate, newSerial } = await import('./x509-builder.ts');
    const profile = profiles[order.profile];
    const policy = virtualCardPolicies[purpose];
    const now = this.#clock.now();
    const { notBefore, notAfter } = validityOf(profile, now);
    const serial = newSerial();
    const certificate = await buildCertificate(
      {
        serial,
        issuer: authority.name,
        issuerKey: authority.publicKey,
        subject: subjectIn('people', ['CN', order.uid]),
        subjectKey: key,
        notBefore,
        notAfter,
        keyUsage: policy.keyUsage,
        policy: policy.oid,
        ...(profile.authority === 'own' ? { revocation: this.#revocation } : {}),
      },
      authority.signWith,
    );
    const record: NewCertificate = {
      serial,
      uid: order.uid,
      cardSerial: order.cardSerial,
      purpose,
      notBefore,
      notAfter,
      revokedAt: profile.revoked === null ? null : now,
      revocationReason: profile.revoked,
      issuedAt: now,
    };
    return { certificate, record };
  }
}
