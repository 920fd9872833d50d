import type { X509Certificate } from 'node:crypto';
import { type Clock, isoTime, timeAt } from '@alongside/kernel/clock';
import { check, type Passed } from '@alongside/kernel/steps';
import { errors } from '../errors.ts';
import type { Authorities } from '../issuing-authority/authority.ts';
import type { CertificateRecords } from '../issuing-authority/certificate-records.ts';
import { type CardDigest, cardPolicies, signedByCard } from '../issuing-authority/profiles.ts';
import type { RevocationChecker } from '../revocation/checker.ts';
import type { ExternalIssuer } from '../revocation/external-issuers.ts';
import { type CardCertificate, notationOf, readCertificate } from './certificate.ts';

interface ExaminationDependencies {
  clock: Clock;
  authorities: Authorities;
  records: CertificateRecords;
  /** Whether software cards are accepted. */
  virtualCards: boolean;
  /** Other accepted card authorities, and their revocation status. */
  external?: { issuers: readonly ExternalIssuer[]; checker: RevocationChecker };
}

/** The certificate of a card in DER, and its signature over the message. */
export interface CardEvidence {
  certificate: Buffer;
  signature: Buffer;
  message: Uint8Array;
  /** SHA-256 by default. */
  digest?: CardDigest;
}

/** A card whose certificate and signature are valid. */
export interface ExaminedCard {
  uid: string;
  cardSerial: string;
  certificateSerial: string;
}

interface Examination {
  certificate: CardCertificate;
  cis: ExaminationDependencies;
}

/** `external` is undefined for the authority of this installation. */
type FromIssuer = Examination & { external: ExternalIssuer | undefined };

/** By certificate, whether each issuer issued it. Neither ever changes, and both are parsed once. */
const issuedBy = new WeakMap<X509Certificate, WeakMap<X509Certificate, boolean>>();

/** Verifies the name and the signature of an issuer, once for each card and issuer. */
function isIssuedBy(card: X509Certificate, issuer: X509Certificate): boolean {
  const known = issuedBy.get(card) ?? new WeakMap<X509Certificate, boolean>();
  issuedBy.set(card, known);
  const isIssued = known.get(issuer) ?? (card.checkIssued(issuer) && card.verify(issuer.publicKey));
  known.set(issuer, isIssued);
  return isIssued;
}

/** The issuer is pinned, so no path is built (RFC 5280 section 6.1). */
const checkIssuer = check('issuer', async function checkIssuer({ certificate, cis }: Examination) {
  const { x509, isAuthority } = certificate;
  const issued = (by: X509Certificate) => isIssuedBy(x509, by);
  const own = (await cis.authorities.find('own'))?.certificate;
  const external = cis.external?.issuers.find((issuer) => issued(issuer.certificate));
  const issuer = own && issued(own) ? own : external?.certificate;
  if (!issuer)
    throw errors.issuerUnknown(`the issuer is ${x509.issuer.replaceAll('\n', ', ').slice(0, 300)}`);
  if (isAuthority) throw errors.certificateUse('it is the certificate of an authority');
  const now = cis.clock.now();
  if (now < issuer.validFromDate.getTime() || now > issuer.validToDate.getTime())
    throw errors.issuerUnknown('the certificate of the issuing authority has expired');
  return { external: issuer === own ? undefined : external };
});

const checkValidity = check('validity', function checkValidity({ certificate, cis }: Examination) {
  const { notBefore, notAfter } = certificate;
  const now = cis.clock.now();
  if (now > notAfter)
    throw errors.certificateExpired(`it expired at ${isoTime(notAfter)}`).about({
      field: 'certificate',
      headline: 'The card has expired',
      received: `a certificate that expired at ${timeAt(notAfter, now)}`,
    });
  if (now < notBefore)
    throw errors.certificateNotYetValid(`it is valid from ${isoTime(notBefore)}`).about({
      field: 'certificate',
      headline: 'The card is not valid yet',
      received: `a certificate that is valid from ${timeAt(notBefore, now)}`,
    });
});

const wrongUsage = (keyUsage: number) => errors.certificateUse(`its key usage is ${keyUsage.toString(16)}`);

async function checkExternalUse(
  { policies, keyUsage }: CardCertificate,
  issuer: ExternalIssuer,
): Promise<void> {
  // digitalSignature (RFC 5280 section 4.2.1.3).
  if ((keyUsage & 0x80) === 0) throw wrongUsage(keyUsage);
  if (issuer.policies.length === 0) return;
  const required = await Promise.all(issuer.policies.map(notationOf));
  if (!required.some((policy) => policies.includes(policy)))
    throw errors.certificateUse(`it has none of the policies that ${issuer.name} requires`);
}

/** The certificate is for signing in, by its policy and key usage. */
const checkUse = check('use', async function checkUse({ certificate, external, cis }: FromIssuer) {
  if (external) return checkExternalUse(certificate, external);
  const { policies, keyUsage } = certificate;
  for (const policy of cardPolicies) {
    if (policy.purpose !== 'authentication' || !policies.includes(await notationOf(policy.oid))) continue;
    if (keyUsage !== policy.keyUsage.bits) throw wrongUsage(keyUsage);
    if (policy.virtual && !cis.virtualCards) throw errors.virtualCard('virtual cards are not allowed');
    return;
  }
  throw errors.certificateUse('it has no policy for signing in');
});

/** The certificate is recorded, here or at its issuer, and not revoked. */
const checkRevocation = check(
  'revocation',
  async function checkRevocation({ certificate, external, cis }: FromIssuer) {
    const { x509, serial, uid } = certificate;
    if (external) {
      await cis.external?.checker.check(x509, external);
      // Only the issuer knows the serial of the card.
      return { cardSerial: `${external.name}-${serial}`.slice(0, 64) };
    }
    const record = await cis.records.find(serial);
    if (record?.uid !== uid || record.purpose !== 'authentication')
      throw errors.certificateUnrecorded(`there is no certificate ${serial} of ${uid}`);
    // At any time of the clock: moving it back does not undo a revocation.
    if (record.revokedAt === null) return { cardSerial: record.cardSerial };
    const reason = record.revocationReason ?? 'unspecified';
    throw errors.certificateRevoked(`serial ${serial}: ${reason}`, { reason }).about({
      field: 'certificate',
      headline: 'The card was revoked',
      received: `a card that was revoked at ${timeAt(record.revokedAt, cis.clock.now())}: ${reason}`,
    });
  },
);

const checkSignature = check(
  'signature',
  function checkSignature({
    certificate,
    message,
    signature,
    digest,
  }: Examination & Omit<CardEvidence, 'certificate'>) {
    if (!signedByCard(certificate.x509.publicKey, message, signature, digest))
      throw errors.signatureInvalid('the signature over the message is invalid');
  },
);

const examined = ({
  certificate,
  cardSerial,
}: Passed<'issuer' | 'validity' | 'use' | 'revocation' | 'signature'> & {
  certificate: CardCertificate;
  cardSerial: string;
}): ExaminedCard => ({ uid: certificate.uid, cardSerial, certificateSerial: certificate.serial });

/** Examines cards. The order of the checks is part of the protocol: it decides which error the user sees. */
export class CardExaminer {
  readonly #deps: ExaminationDependencies;

  constructor(dependencies: ExaminationDependencies) {
    this.#deps = dependencies;
  }

  /** Throws a refusal with a code of `SignInRefusal`. */
  async examine(evidence: CardEvidence): Promise<ExaminedCard> {
    return this.examineRead(await readCertificate(evidence.certificate), evidence);
  }

  /** Examines a card in a reader, before it can sign. @throws a refusal with a code of `SignInRefusal` */
  async examineHeld(certificate: CardCertificate): Promise<void> {
    const card = { certificate, cis: this.#deps };
    const issuer = await checkIssuer(card);
    await checkValidity(card);
    await checkUse({ ...card, ...issuer });
    await checkRevocation({ ...card, ...issuer });
  }

  /** Examines a card with a parsed certificate. */
  async examineRead(
    certificate: CardCertificate,
    { message, signature, digest }: Omit<CardEvidence, 'certificate'>,
  ): Promise<ExaminedCard> {
    const card = { certificate, cis: this.#deps };
    const issuer = await checkIssuer(card);
    const validity = await checkValidity(card);
    const use = await checkUse({ ...card, ...issuer });
    const record = await checkRevocation({ ...card, ...issuer });
    const signed = await checkSignature({ ...card, message, signature, ...(digest ? { digest } : {}) });
    return examined({ certificate, ...issuer, ...validity, ...use, ...record, ...signed });
  }
}
