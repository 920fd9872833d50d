import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import type { Clock } from '@alongside/kernel/clock';
import type { AuditLog } from '../../storage/audit.ts';
import type { Database, Statement } from '../../storage/database.ts';
import { errors } from '../errors.ts';
import { type Authorities, subjectIn } from '../issuing-authority/authority.ts';
import type { CertificateRecord, CertificateRecords } from '../issuing-authority/certificate-records.ts';
import { profiles, servicePolicy, validityOf } from '../issuing-authority/profiles.ts';
import { type Person, paths, type RevocationReason, type SigningState } from '../protocol.ts';

// Certificates of keys at the signing service are stored like those of cards, so that the CRL and the responder
// cover them, under a serial that no card can have.
const keyOf = (uid: string): string => `signing:${uid}`;

const rsaBits = 2_048;

/** Parses the key of an order. NHS verifiers of prescriptions take RSA only. @throws Refusal `invalid_key` */
export function readSigningKey(der: Buffer): Buffer {
  let key: KeyObject;
  try {
    key = createPublicKey({ key: der, format: 'der', type: 'spki' });
  } catch (error) {
    throw errors.signingKeyUnfit('the key is not SPKI DER', {}, error);
  }
  const bits = key.asymmetricKeyDetails?.modulusLength;
  if (key.asymmetricKeyType !== 'rsa' || bits !== rsaBits)
    throw errors.signingKeyUnfit(`the key is ${key.asymmetricKeyType} of ${bits} bits`);
  return key.export({ type: 'spki', format: 'der' });
}

/** PEM of a certificate (RFC 7468 section 5). */
export const pemOf = (certificate: string): string =>
  new X509Certificate(Buffer.from(certificate, 'base64')).toString();

/** The subject as text, the most specific part first: `CN=656005750108, GN=…, SN=…, OU=people, …`. */
export const subjectOf = (certificate: string): string =>
  new X509Certificate(Buffer.from(certificate, 'base64')).subject.split('\n').reverse().join(', ');

/** The certificates with which the signing service signs for people. */
export class SigningCertificates {
  readonly #database: Database;
  readonly #authorities: Authorities;
  readonly #records: CertificateRecords;
  readonly #clock: Clock;
  readonly #origin: string;

  /** @param origin public address of CIS, for the addresses of the CRL and the responder */
  constructor(
    database: Database,
    authorities: Authorities,
    records: CertificateRecords,
    clock: Clock,
    origin: string,
  ) {
    this.#database = database;
    this.#authorities = authorities;
    this.#records = records;
    this.#clock = clock;
    this.#origin = origin;
  }

  /**
   * Signs a certificate, which is not stored yet. It begins weeks ago, as those of cards do: a verifier compares its begin with the
   * time of a document that was prepared before the first signature, or before a revocation.
   */
  async issue(
    { uid, givenName, familyName }: Person,
    key: Buffer,
  ): Promise<CertificateRecord & { der: string }> {
    const { buildCertificate, newSerial } = await import('../issuing-authority/x509-builder.ts');
    const authority = await this.#authorities.ensure('own');
    const issuedAt = this.#clock.now();
    const { notBefore, notAfter } = validityOf(profiles.standard, issuedAt);
    const serial = newSerial();
    const certificate = await buildCertificate(
      {
        serial,
        issuer: authority.name,
        issuerKey: authority.publicKey,
        subject: subjectIn(
          'people',
          ...(familyName === '' ? [] : ([['SN', familyName]] as const)),
          ...(givenName === '' ? [] : ([['GN', givenName]] as const)),
          ['CN', uid],
        ),
        subjectKey: key,
        notBefore,
        notAfter,
        keyUsage: servicePolicy.keyUsage,
        policy: servicePolicy.oid,
        revocation: { crl: `${this.#origin}${paths.signingCrl}`, ocsp: `${this.#origin}${paths.ocsp}` },
      },
      authority.signWith,
    );
    return {
      serial,
      uid,
      cardSerial: keyOf(uid),
      purpose: 'signing',
      notBefore,
      notAfter,
      revokedAt: null,
      revocationReason: null,
      issuedAt,
      der: certificate.toString('base64'),
    };
  }

  addStatements(record: CertificateRecord): Statement[] {
    return this.#records.addStatements([record]);
  }

  /** Returns the newest certificate of a person; undefined before the first signature. */
  async newestOf(uid: string): Promise<CertificateRecord | undefined> {
    return (await this.#records.allOfCards([keyOf(uid)]))
      .toSorted((one, other) => (one.issuedAt ?? 0) - (other.issuedAt ?? 0))
      .at(-1);
  }

  stateOf(record: CertificateRecord | undefined): SigningState {
    if (!record) return 'none';
    if (record.revokedAt !== null) return 'revoked';
    return record.notAfter <= this.#clock.now() ? 'expired' : 'valid';
  }

  /** Returns one certificate of a service key. */
  async find(serial: string): Promise<CertificateRecord | undefined> {
    const record = await this.#records.find(serial);
    return record?.der === null ? undefined : record;
  }

  revokeStatement(uid: string, reason: RevocationReason): Statement {
    return this.#records.revokeStatement(keyOf(uid), reason, this.#clock.now());
  }

  revokeOneStatement(serial: string, reason: RevocationReason): Statement {
    return this.#records.revokeOneStatement(serial, reason, this.#clock.now());
  }

  /** Revokes the certificates of a person who is disabled or removed. */
  async revoke(uid: string, reason: RevocationReason): Promise<void> {
    await this.#database.run(this.revokeStatement(uid, reason));
  }

  /** Returns the PEM of the issuing certificate, then of its root. */
  async authorityPem(): Promise<string> {
    const { certificate, root } = await this.#authorities.ensure('own');
    return `${certificate.toString()}${root.toString()}`;
  }
}

/** Returns the statements that revoke the certificates of a person, of whom this is the newest, with their audit record. */
export const revocationStatements = (
  { signingCertificates, audit }: { signingCertificates: SigningCertificates; audit: AuditLog },
  { uid, serial }: Pick<CertificateRecord, 'uid' | 'serial'>,
  { reason, actor }: { reason: RevocationReason; actor: string },
): Statement[] => [
  signingCertificates.revokeStatement(uid, reason),
  audit.recordStatement({
    actor,
    action: 'cis.signing-certificate-revoked',
    target: uid,
    outcome: 'ok',
    detail: { reason, serial },
  }),
];
