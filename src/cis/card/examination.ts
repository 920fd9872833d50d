import type { X509Certificate } from 'node:crypto';
import type { Clock } from '@alongside/kernel/clock';
import { errors } from '../errors.ts';
import type { Authorities } from '../issuing-authority/authority.ts';
import { type CardDigest, signedByCard } from '../issuing-authority/card-keys.ts';
import type { CertificateRecord, CertificateRecords } from '../issuing-authority/certificate-records.ts';
import { type CardPolicy, cardPolicies } from '../issuing-authority/policies.ts';
import type { RevocationChecker } from '../revocation/checker.ts';
import type { ExternalIssuer } from '../revocation/external-issuer.ts';
import { type CardCertificate, readCertificate, spellingOf } from './certificate.ts';

export interface ExaminationDeps {
  clock: Clock;
  authorities: Authorities;
  records: CertificateRecords;
  /** Whether software cards are taken. */
  virtualCards: boolean;
  /** Authorities of others whose cards are taken as well, and how their revocation is found out. */
  external?: { issuers: readonly ExternalIssuer[]; checker: RevocationChecker };
}

/** What a card says and signs: DER of its certificate, and its signature over the message. */
export interface CardEvidence {
  certificate: Buffer;
  signature: Buffer;
  message: Uint8Array;
  /** Over what the card signed; SHA-256 unless told. */
  digest?: CardDigest;
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
    { message, signature, digest }: Omit<CardEvidence, 'certificate'>,
  ): Promise<ExaminedCard> {
    const external = await this.#issuerTrusted(certificate);
    this.#withinValidity(certificate);
    await this.#madeForSigningIn(certificate, external);
    const cardSerial = external
      ? await this.#knownToIssuer(certificate, external)
      : await this.#knownHere(certificate);
    this.#signed(certificate, message, signature, digest);
    return { uid: certificate.uid, cardSerial, certificateSerial: certificate.serial };
  }

  /**
   * Pinned at the issuing authority: no path is built, so no other path exists (RFC 5280 section 6.1). Resolves with the issuer
   * when it is not our own.
   */
  async #issuerTrusted({ x509, isAuthority }: CardCertificate): Promise<ExternalIssuer | undefined> {
    const issued = (by: X509Certificate) => x509.checkIssued(by) && x509.verify(by.publicKey);
    const own = (await this.#deps.authorities.find('own'))?.certificate;
    const external = this.#deps.external?.issuers.find(({ certificate }) => issued(certificate));
    const issuer = own && issued(own) ? own : external?.certificate;
    if (!issuer)
      throw errors.issuerUnknown(`the issuer is ${x509.issuer.replaceAll('\n', ', ').slice(0, 300)}`);
    if (isAuthority) throw errors.certificateUse('it is the certificate of an authority');
    const now = this.#deps.clock.now();
    if (now < issuer.validFromDate.getTime() || now > issuer.validToDate.getTime())
      throw errors.issuerUnknown('the issuing authority is out of date');
    return issuer === own ? undefined : external;
  }

  #withinValidity({ notBefore, notAfter }: CardCertificate): void {
    const now = this.#deps.clock.now();
    if (now > notAfter) throw errors.certificateExpired(`it ended at ${new Date(notAfter).toISOString()}`);
    if (now < notBefore)
      throw errors.certificateNotYetValid(`it begins at ${new Date(notBefore).toISOString()}`);
  }

  async #madeForSigningIn(certificate: CardCertificate, external: ExternalIssuer | undefined) {
    if (external) return await this.#externalUse(certificate, external);
    this.#policyAllowed(await this.#policyOf(certificate));
  }

  async #externalUse({ policies, keyUsage }: CardCertificate, external: ExternalIssuer): Promise<void> {
    // digitalSignature (RFC 5280 section 4.2.1.3); a certificate for content commitment alone signs nobody in.
    if ((keyUsage & 0x80) === 0) throw errors.certificateUse(`its key usage is ${keyUsage.toString(16)}`);
    if (external.policies.length === 0) return;
    const wanted = await Promise.all(external.policies.map(spellingOf));
    if (!wanted.some((policy) => policies.includes(policy)))
      throw errors.certificateUse(`it has no policy that is asked for of ${external.name}`);
  }

  async #policyOf({ policies, keyUsage }: CardCertificate): Promise<CardPolicy> {
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

  async #knownHere(certificate: CardCertificate): Promise<string> {
    const record = await this.#onRecord(certificate);
    this.#notRevoked(record);
    return record.cardSerial;
  }

  /** The number of the card is its issuer's business: the certificate's stands for it. */
  async #knownToIssuer({ x509, serial }: CardCertificate, external: ExternalIssuer): Promise<string> {
    await this.#deps.external?.checker.check(x509, external);
    return `${external.name}-${serial}`.slice(0, 64);
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

  #signed(
    { x509 }: CardCertificate,
    message: Uint8Array,
    signature: Uint8Array,
    digest: CardDigest | undefined,
  ): void {
    if (!signedByCard(x509.publicKey, message, signature, digest))
      throw errors.signatureInvalid('the signature does not hold over the message');
  }
}
