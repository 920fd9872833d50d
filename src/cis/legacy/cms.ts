import { Null, OctetString } from 'asn1js';
import {
  AlgorithmIdentifier,
  Certificate,
  ContentInfo,
  EncapsulatedContentInfo,
  IssuerAndSerialNumber,
  SignedData,
  SignerInfo,
} from 'pkijs';
import type { CardDigest } from '../issuing-authority/profiles.ts';

// CMS (RFC 5652) in the published form: the content, one signer and its certificate, no signed attributes.

const oids = { data: '1.2.840.113549.1.7.1', signedData: '1.2.840.113549.1.7.2' };

const digests: Readonly<Record<string, CardDigest>> = {
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.1': 'sha256',
};
const digestOids = { sha1: '1.3.14.3.2.26', sha256: '2.16.840.1.101.3.4.2.1' } as const;

/** Signature algorithms and their digests: rsaEncryption, RSA and ECDSA with SHA-1 and SHA-256. */
const signatures: Readonly<Record<string, CardDigest | 'any'>> = {
  '1.2.840.113549.1.1.1': 'any',
  '1.2.840.113549.1.1.5': 'sha1',
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.10045.4.1': 'sha1',
  '1.2.840.10045.4.3.2': 'sha256',
};

const longest = 16_384;

/** A parsed CMS message. Its signature is not verified yet. */
export interface SignedChallenge {
  content: Buffer;
  /** Certificate of the signer in DER. */
  certificate: Buffer;
  digest: CardDigest;
  signature: Buffer;
}

const bytesOf = (value: OctetString): Buffer => Buffer.from(value.getValue());

/** Parses a CMS message. Throws unless it has the published form. */
export function parseSignedChallenge(der: Uint8Array): SignedChallenge {
  if (der.length > longest) throw new Error(`it has more than ${longest} bytes`);
  const info = ContentInfo.fromBER(new Uint8Array(der));
  if (info.contentType !== oids.signedData) throw new Error('it is not SignedData');
  const signed = new SignedData({ schema: info.content });
  const { eContent, eContentType } = signed.encapContentInfo;
  if (eContentType !== oids.data || !eContent) throw new Error('it does not contain the signed content');
  const [signer, ...others] = signed.signerInfos;
  const [certificate, ...more] = signed.certificates ?? [];
  if (!signer || others.length > 0) throw new Error('the number of signers is not one');
  if (!(certificate instanceof Certificate) || more.length > 0)
    throw new Error('the number of certificates is not one');
  // Signed attributes replace the content in the signature (RFC 5652 section 5.4). No published client uses them.
  if (signer.signedAttrs || signer.unsignedAttrs) throw new Error('its signer has attributes');
  if (!(signer.sid instanceof IssuerAndSerialNumber))
    throw new Error('its signer is not named by issuer and serial');
  const named =
    signer.sid.issuer.isEqual(certificate.issuer) &&
    signer.sid.serialNumber.isEqual(certificate.serialNumber);
  if (!named) throw new Error('its signer does not match the certificate');
  const digest = digests[signer.digestAlgorithm.algorithmId];
  const signs = signatures[signer.signatureAlgorithm.algorithmId];
  if (!digest || !signs || (signs !== 'any' && signs !== digest))
    throw new Error('its algorithms are not allowed');
  return {
    content: bytesOf(eContent),
    certificate: Buffer.from(certificate.toSchema().toBER(false)),
    digest,
    signature: bytesOf(signer.signature),
  };
}

/** The signer of a CMS message. Its certificate is DER. */
export interface CmsSigner {
  certificate: Uint8Array;
  digest: CardDigest;
  /** `1.2.840.113549.1.1.1` (rsaEncryption) or the OID of ECDSA over the digest. */
  algorithm: string;
  sign(content: Uint8Array): Uint8Array;
}

const algorithm = (algorithmId: string, withNull: boolean) =>
  new AlgorithmIdentifier({ algorithmId, ...(withNull ? { algorithmParams: new Null() } : {}) });

/** Builds a CMS message in the published form. Returns DER. */
export function buildSignedChallenge(content: Uint8Array, signer: CmsSigner): Buffer {
  const certificate = Certificate.fromBER(new Uint8Array(signer.certificate));
  const rsa = signer.algorithm === '1.2.840.113549.1.1.1';
  const digestAlgorithm = algorithm(digestOids[signer.digest], true);
  const signed = new SignedData({
    version: 1,
    digestAlgorithms: [digestAlgorithm],
    encapContentInfo: new EncapsulatedContentInfo({
      eContentType: oids.data,
      eContent: new OctetString({ valueHex: new Uint8Array(content) }),
    }),
    certificates: [certificate],
    signerInfos: [
      new SignerInfo({
        version: 1,
        sid: new IssuerAndSerialNumber({
          issuer: certificate.issuer,
          serialNumber: certificate.serialNumber,
        }),
        digestAlgorithm,
        signatureAlgorithm: algorithm(signer.algorithm, rsa),
        signature: new OctetString({ valueHex: new Uint8Array(signer.sign(content)) }),
      }),
    ],
  });
  const info = new ContentInfo({ contentType: oids.signedData, content: signed.toSchema(true) });
  return Buffer.from(info.toSchema().toBER(false));
}

const maxResponseLength = 24_576;
const headerLine = /^([A-Za-z-]{1,64}):(.{0,200})$/;

/** Decodes canonical base64 with optional white space. Throws for other text. */
export function decodeBase64(text: string): Buffer {
  const compact = text.replace(/[\s]+/g, '');
  const bytes = Buffer.from(compact, 'base64');
  if (compact === '' || bytes.toString('base64') !== compact) throw new Error('it is not base64');
  return bytes;
}

/**
 * Parses the `response` of a card: base64 of a MIME header and a CMS message, which is base64 too. Published clients indent the
 * header lines. The header must have `application/x-pkcs7-mime` and `base64`. Returns DER.
 */
export function parseSmime(response: string): Buffer {
  if (response.length > maxResponseLength)
    throw new Error(`it has more than ${maxResponseLength} characters`);
  const lines = decodeBase64(response)
    .toString('latin1')
    .split(/\r?\n/)
    .map((line) => line.trim());
  const headers = new Map<string, string>();
  let at = 0;
  for (; at < lines.length; at++) {
    const line = lines[at] ?? '';
    if (line === '') {
      if (headers.size > 0) break;
      continue;
    }
    const [, name = '', value = ''] = headerLine.exec(line) ?? [];
    if (name === '' || headers.has(name.toLowerCase())) throw new Error('its header is malformed');
    headers.set(name.toLowerCase(), value.trim());
  }
  const type = (headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/x-pkcs7-mime' && type !== 'application/pkcs7-mime')
    throw new Error('its content type is not allowed');
  if (headers.get('content-transfer-encoding')?.toLowerCase() !== 'base64')
    throw new Error('its transfer encoding is not base64');
  return decodeBase64(lines.slice(at).join(''));
}
