import type { Clock } from '@alongside/kernel/clock';
import { errors } from '../errors.ts';
import type { Authorities } from '../issuing-authority/authority.ts';
import type { CertificateRecord, CertificateRecords } from '../issuing-authority/certificate-records.ts';
import { type CardPolicy, cardPolicies } from '../issuing-authority/policies.ts';
import { signedByCard } from './card-keys.ts';
import { type CardCertificate, readCertificate, spellingOf } from './certificate.ts';

export interface ExaminationDeps {
  clock: Clock;
  authorities: Authorities;
  records: CertificateRecords;
  /** Whether software cards are taken. */
  virtualCards: boolean;
}

/** What a card says and signs: DER of its certificate, and its signature over the message. */
export interface CardEvidence {
  certificate: Buffer;
  signature: Buffer;
  message: Uint8Array;
}

/** A card whose certificate and signature hold. */
export interface ExaminedCard {
  uid: string;
  cardSerial: string;
  certificateSerial: string;
}

/** Checks cards. The order is part of the protocol: a card has many faults, and the person hears of the first. */
export class CardExaminer {
  readonly #deps: ExaminationDeps;

  constructor(deps: ExaminationDeps) {
    this.#deps = deps;
  }

  /** Throws a refusal with a code of `SignInRefusal`. */
  async examine(evidence: CardEvidence): Promise<ExaminedCard> {
    const certificate = await readCertificate(evidence.certificate);
    return await this.examineRead(certificate, evidence);
  }

  /** The same for a certificate that was read already. */
  async examineRead(
    certificate: CardCertificate,
    { message, signature }: Omit<CardEvidence, 'certificate'>,
  ): Promise<ExaminedCard> {
    await this.#issuerTrusted(certificate);
    this.#withinValidity(certificate);
    const policy = await this.#madeForSigningIn(certificate);
    this.#policyAllowed(policy);
    const record = await this.#onRecord(certificate);
    this.#notRevoked(record);
    this.#signed(certificate, message, signature);
    return { uid: certificate.uid, cardSerial: record.cardSerial, certificateSerial: certificate.serial };
  }

  /** Pinned at the issuing authority: no path is built, so no other path exists (RFC 5280 section 6.1). */
  async #issuerTrusted({ x509, isAuthority }: CardCertificate): Promise<void> {
    const issuer = (await this.#deps.authorities.find('own'))?.certificate;
    if (!issuer || !x509.checkIssued(issuer) || !x509.verify(issuer.publicKey))
      throw errors.issuerUnknown(`the issuer is ${x509.issuer.replaceAll('\n', ', ').slice(0, 300)}`);
    if (isAuthority) throw errors.certificateUse('it is the certificate of an authority');
    const now = this.#deps.clock.now();
    if (now < issuer.validFromDate.getTime() || now > issuer.validToDate.getTime())
      throw errors.issuerUnknown('the issuing authority is out of date');
  }

  #withinValidity({ notBefore, notAfter }: CardCertificate): void {
    const now = this.#deps.clock.now();
    if (now > notAfter) throw errors.certificateExpired(`it ended at ${new Date(notAfter).toISOString()}`);
    if (now < notBefore)
      throw errors.certificateNotYetValid(`it begins at ${new Date(notBefore).toISOString()}`);
  }

  async #madeForSigningIn({ policies, keyUsage }: CardCertificate): Promise<CardPolicy> {
    for (const policy of cardPolicies) {
      if (policy.purpose !== 'authentication' || !policies.includes(await spellingOf(policy.oid))) continue;
      if (keyUsage !== policy.keyUsage.bits)
        throw errors.certificateUse(`its key usage is ${keyUsage.toString(16)}`);
      return policy;
    }
    throw errors.certificateUse('it has no policy for signing in');
  }

  #policyAllowed(policy: CardPolicy): void {
    if (policy.virtual && !this.#deps.virtualCards) throw errors.virtualCard('virtual cards are not allowed');
  }

  async #onRecord({ serial, uid }: CardCertificate): Promise<CertificateRecord> {
    const record = await this.#deps.records.find(serial);
    if (record?.uid !== uid || record.purpose !== 'authentication')
      throw errors.certificateUnrecorded(`serial ${serial} is not on record for ${uid}`);
    return record;
  }

  #notRevoked({ serial, revokedAt, revocationReason }: CertificateRecord): void {
    // Whatever the clock says: a developer who moves it back does not make the card good again.
    if (revokedAt === null) return;
    throw errors.certificateRevoked(`serial ${serial}: ${revocationReason ?? 'unspecified'}`, {
      reason: revocationReason ?? 'unspecified',
    });
  }

  #signed({ x509 }: CardCertificate, message: Uint8Array, signature: Uint8Array): void {
    if (!signedByCard(x509.publicKey, message, signature))
      throw errors.signatureInvalid('the card did not sign this');
  }
}
