import { createHash } from 'node:crypto';
import { Constructed, Enumerated, GeneralizedTime, OctetString, Primitive } from 'asn1js';
import {
  BasicOCSPResponse,
  Certificate,
  Extension,
  OCSPRequest,
  OCSPResponse,
  ResponseBytes,
  ResponseData,
  SingleResponse,
} from 'pkijs';

// Loaded only when somebody asks. What an OCSP message holds (RFC 6960), apart from who asks and what is answered.

const oids = { basic: '1.3.6.1.5.5.7.48.1.1', nonce: '1.3.6.1.5.5.7.48.1.2' };

/** Hashes by which an issuer may be named. SHA-1 is a name here, not a protection, and what most clients send. */
const hashes: Readonly<Record<string, string>> = {
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.1': 'sha256',
};

/** Limits of a request. */
const most = { bytes: 4_096, requests: 16, nonce: 128 };

/** One certificate that is asked for. */
export interface AskedCertificate {
  /** Hexadecimal, lower case. */
  serial: string;
  /** Name of its hash function for node:crypto; undefined for one that is not known. */
  hash: string | undefined;
  issuerNameHash: Buffer;
  issuerKeyHash: Buffer;
  /** As it came, for the answer. */
  certId: SingleResponse['certID'];
}

/** A request, taken apart. */
export interface OcspQuestion {
  certificates: AskedCertificate[];
  nonce: Buffer | undefined;
}

const bytesOf = (value: OctetString): Buffer => Buffer.from(value.valueBlock.valueHexView);

/** A serial in hexadecimal, without the zero byte that keeps it positive. */
const serialOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes)
    .toString('hex')
    .replace(/^00(?=.)/, '');

/** Reads a request (RFC 6960 section 4.1). Throws for what is none, or too large. */
export function parseOcspRequest(der: Uint8Array): OcspQuestion {
  if (der.length > most.bytes) throw new Error(`it has more than ${most.bytes} bytes`);
  const { tbsRequest } = OCSPRequest.fromBER(new Uint8Array(der));
  const list = tbsRequest.requestList;
  if (list.length === 0 || list.length > most.requests) throw new Error(`it asks for ${list.length}`);
  const given = tbsRequest.requestExtensions?.find(({ extnID }) => extnID === oids.nonce);
  const nonce = given ? Buffer.from(given.extnValue.valueBlock.valueHexView) : undefined;
  if (nonce && (nonce.length < 1 || nonce.length > most.nonce + 4)) throw new Error('its nonce is too long');
  return {
    nonce,
    certificates: list.map(({ reqCert }) => ({
      serial: serialOf(reqCert.serialNumber.valueBlock.valueHexView),
      hash: hashes[reqCert.hashAlgorithm.algorithmId],
      issuerNameHash: bytesOf(reqCert.issuerNameHash),
      issuerKeyHash: bytesOf(reqCert.issuerKeyHash),
      certId: reqCert,
    })),
  };
}

/** Whether a certificate that is asked for is said to be of this issuer. */
export function isOfIssuer(asked: AskedCertificate, issuer: Uint8Array): boolean {
  if (asked.hash === undefined) return false;
  const parsed = Certificate.fromBER(new Uint8Array(issuer));
  const hash = (data: ArrayBuffer | Uint8Array) =>
    createHash(asked.hash as string)
      .update(Buffer.from(data as Uint8Array))
      .digest();
  return (
    hash(parsed.subject.toSchema().toBER(false)).equals(asked.issuerNameHash) &&
    hash(parsed.subjectPublicKeyInfo.subjectPublicKey.valueBlock.valueHexView).equals(asked.issuerKeyHash)
  );
}

/** What is known of one certificate. Times in milliseconds. */
export type CertificateStatus =
  | { is: 'good' | 'unknown' }
  | { is: 'revoked'; at: number; reason: number | undefined };

const whole = (milliseconds: number): Date => new Date(Math.floor(milliseconds / 1_000) * 1_000);
const implicit = (tagNumber: number) => ({ tagClass: 3, tagNumber });

/** CertStatus (RFC 6960 section 4.2.1). */
function statusSchema(status: CertificateStatus) {
  if (status.is !== 'revoked')
    return new Primitive({
      idBlock: implicit(status.is === 'good' ? 0 : 2),
      lenBlock: { length: 1 },
    } as object);
  const reason =
    status.reason === undefined
      ? []
      : [new Constructed({ idBlock: implicit(0), value: [new Enumerated({ value: status.reason })] })];
  return new Constructed({
    idBlock: implicit(1),
    value: [new GeneralizedTime({ valueDate: whole(status.at) }), ...reason],
  });
}

export interface OcspAnswerPlan {
  statuses: readonly { asked: AskedCertificate; status: CertificateStatus }[];
  nonce: Buffer | undefined;
  /** DER of the issuer's certificate, which signs itself. */
  issuer: Uint8Array;
  /** Milliseconds. */
  at: number;
  nextUpdate: number;
}

/** Makes and signs an answer, ECDSA with SHA-256, in the issuer's own name. The answer is DER. */
export async function buildOcspResponse(plan: OcspAnswerPlan, signWith: CryptoKey): Promise<Buffer> {
  const issuer = Certificate.fromBER(new Uint8Array(plan.issuer));
  const basic = new BasicOCSPResponse({
    tbsResponseData: new ResponseData({
      responderID: issuer.subject,
      producedAt: whole(plan.at),
      responses: plan.statuses.map(
        ({ asked, status }) =>
          new SingleResponse({
            certID: asked.certId,
            certStatus: statusSchema(status),
            thisUpdate: whole(plan.at),
            nextUpdate: whole(plan.nextUpdate),
          }),
      ),
      ...(plan.nonce
        ? {
            responseExtensions: [
              new Extension({
                extnID: oids.nonce,
                critical: false,
                extnValue: new Uint8Array(plan.nonce).buffer,
              }),
            ],
          }
        : {}),
    }),
    certs: [issuer],
  });
  await basic.sign(signWith, 'SHA-256');
  const response = new OCSPResponse({
    responseStatus: new Enumerated({ value: 0 }),
    responseBytes: new ResponseBytes({
      responseType: oids.basic,
      response: new OctetString({ valueHex: basic.toSchema().toBER(false) }),
    }),
  });
  return Buffer.from(response.toSchema().toBER(false));
}

/** An answer without content: 1 malformed request, 2 internal error (RFC 6960 section 4.2.1). */
export function ocspFailure(status: 1 | 2 | 3): Buffer {
  return Buffer.from(
    new OCSPResponse({ responseStatus: new Enumerated({ value: status }) }).toSchema().toBER(false),
  );
}

/** A question for one certificate, with SHA-1 names as every responder knows them. The answer is DER. */
export async function buildOcspRequest(
  certificate: Uint8Array,
  issuer: Uint8Array,
  nonce: Uint8Array,
): Promise<Buffer> {
  const request = new OCSPRequest();
  await request.createForCertificate(Certificate.fromBER(new Uint8Array(certificate)), {
    hashAlgorithm: 'SHA-1',
    issuerCertificate: Certificate.fromBER(new Uint8Array(issuer)),
  });
  const value = new OctetString({ valueHex: new Uint8Array(nonce) }).toBER(false);
  request.tbsRequest.requestExtensions = [
    new Extension({ extnID: oids.nonce, critical: false, extnValue: value }),
  ];
  return Buffer.from(request.toSchema(true).toBER(false));
}
