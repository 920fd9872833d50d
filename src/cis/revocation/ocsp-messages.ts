import { createHash, type X509Certificate } from 'node:crypto';
import { Constructed, Enumerated, GeneralizedTime, OctetString, Primitive } from 'asn1js';
import {
  BasicOCSPResponse,
  Extension,
  OCSPRequest,
  OCSPResponse,
  ResponseBytes,
  ResponseData,
  SingleResponse,
} from 'pkijs';
import { parseCertificate } from './signatures.ts';

// OCSP messages (RFC 6960). Loaded for the first one.

export const oids = { basic: '1.3.6.1.5.5.7.48.1.1', nonce: '1.3.6.1.5.5.7.48.1.2' };

/** Hash functions of issuer names, as node:crypto and Web Crypto call them. Most clients use SHA-1, which protects nothing here. */
export const hashes: Readonly<Record<string, { node: string; webCrypto: string }>> = {
  '1.3.14.3.2.26': { node: 'sha1', webCrypto: 'SHA-1' },
  '2.16.840.1.101.3.4.2.1': { node: 'sha256', webCrypto: 'SHA-256' },
};

type Raw = Pick<X509Certificate, 'raw'>;

const most = { bytes: 4_096, requests: 16, nonce: 128 };

/** A certificate of a request. */
export interface OcspSubject {
  /** Hexadecimal, lower case. */
  serial: string;
  /** Name of the hash function for node:crypto; undefined for an unknown one. */
  hash: string | undefined;
  issuerNameHash: Buffer;
  issuerKeyHash: Buffer;
  /** Repeated in the response. */
  certId: SingleResponse['certID'];
}

export interface ParsedOcspRequest {
  certificates: OcspSubject[];
  nonce: Buffer | undefined;
}

const bytesOf = (value: OctetString): Buffer => Buffer.from(value.valueBlock.valueHexView);

/** Returns a serial in hexadecimal, without the sign byte. */
const serialOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes)
    .toString('hex')
    .replace(/^00(?=.)/, '');

/** Parses a request (RFC 6960 section 4.1). Throws if it is malformed or too large. */
export function parseOcspRequest(der: Uint8Array): ParsedOcspRequest {
  if (der.length > most.bytes) throw new Error(`it has more than ${most.bytes} bytes`);
  const { tbsRequest } = OCSPRequest.fromBER(new Uint8Array(der));
  const list = tbsRequest.requestList;
  if (list.length === 0 || list.length > most.requests) throw new Error(`it has ${list.length} certificates`);
  const extension = tbsRequest.requestExtensions?.find(({ extnID }) => extnID === oids.nonce);
  const nonce = extension && bytesOf(extension.extnValue);
  if (nonce && (nonce.length < 1 || nonce.length > most.nonce + 4)) throw new Error('its nonce is too long');
  return {
    nonce,
    certificates: list.map(({ reqCert }) => ({
      serial: serialOf(reqCert.serialNumber.valueBlock.valueHexView),
      hash: hashes[reqCert.hashAlgorithm.algorithmId]?.node,
      issuerNameHash: bytesOf(reqCert.issuerNameHash),
      issuerKeyHash: bytesOf(reqCert.issuerKeyHash),
      certId: reqCert,
    })),
  };
}

/** Whether the certificate names this issuer. */
export function isOfIssuer({ hash: name, issuerNameHash, issuerKeyHash }: OcspSubject, issuer: Raw): boolean {
  if (name === undefined) return false;
  const { subject, subjectPublicKeyInfo } = parseCertificate(issuer);
  const hash = (data: Uint8Array) => createHash(name).update(data).digest();
  return (
    hash(new Uint8Array(subject.toSchema().toBER(false))).equals(issuerNameHash) &&
    hash(subjectPublicKeyInfo.subjectPublicKey.valueBlock.valueHexView).equals(issuerKeyHash)
  );
}

/** The status of a certificate. Times in milliseconds. */
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

export interface OcspResponsePlan {
  statuses: readonly { subject: OcspSubject; status: CertificateStatus }[];
  nonce: Buffer | undefined;
  /** The issuer, which also signs the response. */
  issuer: Raw;
  /** Milliseconds. */
  at: number;
  nextUpdate: number;
}

/** Builds and signs a response as the issuer, ECDSA with SHA-256. Returns DER. */
export async function buildOcspResponse(plan: OcspResponsePlan, signWith: CryptoKey): Promise<Buffer> {
  const issuer = parseCertificate(plan.issuer);
  const basic = new BasicOCSPResponse({
    tbsResponseData: new ResponseData({
      responderID: issuer.subject,
      producedAt: whole(plan.at),
      responses: plan.statuses.map(
        ({ subject, status }) =>
          new SingleResponse({
            certID: subject.certId,
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

/** Returns an error response: 1 malformed request, 3 try later (RFC 6960 section 4.2.1). */
export function ocspFailure(status: 1 | 3): Buffer {
  return Buffer.from(
    new OCSPResponse({ responseStatus: new Enumerated({ value: status }) }).toSchema().toBER(false),
  );
}

/** Builds a request for one certificate. It names the issuer by SHA-1, which every responder supports. Returns DER. */
export async function buildOcspRequest(certificate: Raw, issuer: Raw, nonce: Uint8Array): Promise<Buffer> {
  const request = new OCSPRequest();
  await request.createForCertificate(parseCertificate(certificate), {
    hashAlgorithm: 'SHA-1',
    issuerCertificate: parseCertificate(issuer),
  });
  const value = new OctetString({ valueHex: new Uint8Array(nonce) }).toBER(false);
  request.tbsRequest.requestExtensions = [
    new Extension({ extnID: oids.nonce, critical: false, extnValue: value }),
  ];
  return Buffer.from(request.toSchema(true).toBER(false));
}
