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
import type { CardDigest } from '../issuing-authority/card-keys.ts';

// Loaded only where the legacy interface is on. CMS (RFC 5652) as that interface has it: the challenge inside, one signer, its
// certificate enclosed, no signed attributes.

const oids = { data: '1.2.840.113549.1.7.1', signedData: '1.2.840.113549.1.7.2' };

const digests: Readonly<Record<string, CardDigest>> = {
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.1': 'sha256',
};
const digestOids = { sha1: '1.3.14.3.2.26', sha256: '2.16.840.1.101.3.4.2.1' } as const;

/** Signature algorithms, and over which digest those sign that name one: rsaEncryption, RSA and ECDSA with SHA-1 and SHA-256. */
const signatures: Readonly<Record<string, CardDigest | 'any'>> = {
  '1.2.840.113549.1.1.1': 'any',
  '1.2.840.113549.1.1.5': 'sha1',
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.10045.4.1': 'sha1',
  '1.2.840.10045.4.3.2': 'sha256',
};

const longest = 16_384;

/** A CMS message, taken apart; nothing of it is checked yet but its form. */
export interface SignedChallenge {
  content: Buffer;
  /** DER of the one enclosed certificate, which the signer is named by. */
  certificate: Buffer;
  digest: CardDigest;
  signature: Buffer;
}

const bytesOf = (value: OctetString): Buffer => Buffer.from(value.getValue());

/** Reads a CMS message. Throws for everything that is not of the one published form. */
export function parseSignedChallenge(der: Uint8Array): SignedChallenge {
  if (der.length > longest) throw new Error(`it has more than ${longest} bytes`);
  const info = ContentInfo.fromBER(new Uint8Array(der));
  if (info.contentType !== oids.signedData) throw new Error('it is not SignedData');
  const signed = new SignedData({ schema: info.content });
  const { eContent, eContentType } = signed.encapContentInfo;
  if (eContentType !== oids.data || !eContent) throw new Error('it does not enclose what is signed');
  const [signer, ...others] = signed.signerInfos;
  const [certificate, ...more] = signed.certificates ?? [];
  if (!signer || others.length > 0) throw new Error('it has not one signer');
  if (!(certificate instanceof Certificate) || more.length > 0)
    throw new Error('it encloses not one certificate');
  // They would be signed in place of the content (RFC 5652 section 5.4), which no published client does.
  if (signer.signedAttrs || signer.unsignedAttrs) throw new Error('its signer has attributes');
  if (!(signer.sid instanceof IssuerAndSerialNumber)) throw new Error('its signer is named in another way');
  const named =
    signer.sid.issuer.isEqual(certificate.issuer) &&
    signer.sid.serialNumber.isEqual(certificate.serialNumber);
  if (!named) throw new Error('its signer is not of the enclosed certificate');
  const digest = digests[signer.digestAlgorithm.algorithmId];
  const signs = signatures[signer.signatureAlgorithm.algorithmId];
  if (!digest || !signs || (signs !== 'any' && signs !== digest))
    throw new Error('its algorithms are not taken');
  return {
    content: bytesOf(eContent),
    certificate: Buffer.from(certificate.toSchema().toBER(false)),
    digest,
    signature: bytesOf(signer.signature),
  };
}

/** What signs a CMS message: its certificate as DER, and a signature over the content. */
export interface CmsSigner {
  certificate: Uint8Array;
  digest: CardDigest;
  /** `1.2.840.113549.1.1.1` (rsaEncryption) or the OID of ECDSA over the digest. */
  algorithm: string;
  sign(content: Uint8Array): Uint8Array;
}

const algorithm = (algorithmId: string, withNull: boolean) =>
  new AlgorithmIdentifier({ algorithmId, ...(withNull ? { algorithmParams: new Null() } : {}) });

/** Makes a CMS message of that form. The answer is DER. */
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
