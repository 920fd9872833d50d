import { Enumerated, Integer } from 'asn1js';
import { CertificateRevocationList, Extensions, RevokedCertificate } from 'pkijs';
import {
  authorityKeyExtension,
  distinguishedName,
  extension,
  type Name,
  timeOf,
} from '../issuing-authority/x509-builder.ts';

// Loaded for the first CRL.

/** The contents of a CRL. Times in milliseconds. */
export interface CrlPlan {
  issuer: Name;
  /** SPKI DER of the issuer's key. */
  issuerKey: Uint8Array;
  /** Increases with each CRL (RFC 5280 section 5.2.3). */
  number: number;
  thisUpdate: number;
  nextUpdate: number;
  /** Serials in hexadecimal. An undefined reason is omitted. */
  revoked: readonly { serial: string; at: number; reason: number | undefined }[];
}

const oids = { number: '2.5.29.20', reason: '2.5.29.21' };

const entryOf = ({ serial, at, reason }: CrlPlan['revoked'][number]): RevokedCertificate =>
  new RevokedCertificate({
    userCertificate: new Integer({ valueHex: Buffer.from(serial, 'hex') }),
    revocationDate: timeOf(at),
    ...(reason === undefined
      ? {}
      : {
          crlEntryExtensions: new Extensions({
            extensions: [extension(oids.reason, false, new Enumerated({ value: reason }))],
          }),
        }),
  });

/** Builds and signs a CRL (RFC 5280 section 5), ECDSA with SHA-256. Returns DER. */
export async function buildCrl(plan: CrlPlan, signWith: CryptoKey): Promise<Buffer> {
  const crl = new CertificateRevocationList({
    version: 1,
    issuer: distinguishedName(plan.issuer),
    thisUpdate: timeOf(plan.thisUpdate),
    nextUpdate: timeOf(plan.nextUpdate),
    // Absent, not empty, without revoked certificates (RFC 5280 section 5.1.2.6).
    ...(plan.revoked.length === 0 ? {} : { revokedCertificates: plan.revoked.map(entryOf) }),
    crlExtensions: new Extensions({
      extensions: [
        authorityKeyExtension(plan.issuerKey),
        extension(oids.number, false, new Integer({ value: plan.number })),
      ],
    }),
  });
  await crl.sign(signWith, 'SHA-256');
  return Buffer.from(crl.toSchema(true).toBER(false));
}
