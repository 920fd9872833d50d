import type { X509Certificate } from 'node:crypto';
import { reasonOf } from '@alongside/kernel/errors';
import type { BasicOCSPResponse, Certificate, SingleResponse } from 'pkijs';
import { type ExternalIssuer, type Finding, requireFresh, StatusUnknown } from './external-issuer.ts';
import { signatureHolds } from './signatures.ts';

const oids = {
  basic: '1.3.6.1.5.5.7.48.1.1',
  nonce: '1.3.6.1.5.5.7.48.1.2',
  extendedKeyUsage: '2.5.29.37',
  ocspSigning: '1.3.6.1.5.5.7.3.9',
};

/** CertStatus by its tag (RFC 6960 section 4.2.1). */
const statuses = ['good', 'revoked', 'unknown'] as const;

export interface AskedFor {
  /** DER of the certificate. */
  certificate: Uint8Array;
  issuer: ExternalIssuer;
  nonce: Uint8Array;
  /** Milliseconds. */
  now: number;
}

/** Reads an answer as DER. Throws StatusUnknown for what is none or holds none; nothing is checked yet. */
export async function parseOcspResponse(der: Uint8Array): Promise<BasicOCSPResponse> {
  const { BasicOCSPResponse: Basic, OCSPResponse } = await import('pkijs');
  try {
    const response = OCSPResponse.fromBER(new Uint8Array(der));
    const status = response.responseStatus.valueBlock.valueDec;
    if (status !== 0) throw new Error(`the responder says ${status}`);
    if (response.responseBytes?.responseType !== oids.basic) throw new Error('it is of another type');
    return Basic.fromBER(response.responseBytes.response.valueBlock.valueHexView as Uint8Array<ArrayBuffer>);
  } catch (error) {
    throw new StatusUnknown(`it is no answer: ${reasonOf(error).slice(0, 100)}`, { cause: error });
  }
}

/** The keys that may sign: the issuer's own, and of the enclosed certificates those that it made for this (RFC 6960 section 4.2.2.2). */
async function signers(basic: BasicOCSPResponse, issuer: Certificate, now: number): Promise<Certificate[]> {
  const delegated: Certificate[] = [];
  for (const candidate of (basic.certs ?? []).slice(0, 4)) {
    const usage = candidate.extensions?.find(({ extnID }) => extnID === oids.extendedKeyUsage)?.parsedValue as
      | { keyPurposes?: string[] }
      | undefined;
    const inTime = candidate.notBefore.value.getTime() <= now && now <= candidate.notAfter.value.getTime();
    if (!usage?.keyPurposes?.includes(oids.ocspSigning) || !inTime) continue;
    if (!candidate.issuer.isEqual(issuer.subject)) continue;
    const made = await signatureHolds(
      candidate.tbsView as Uint8Array<ArrayBuffer>,
      candidate.signatureValue,
      issuer.subjectPublicKeyInfo,
      candidate.signatureAlgorithm,
    );
    if (made) delegated.push(candidate);
  }
  return [issuer, ...delegated];
}

async function requireSigned(basic: BasicOCSPResponse, issuer: Certificate, now: number): Promise<void> {
  for (const { subjectPublicKeyInfo } of await signers(basic, issuer, now)) {
    const tbs = basic.tbsResponseData.tbsView as Uint8Array<ArrayBuffer>;
    if (await signatureHolds(tbs, basic.signature, subjectPublicKeyInfo, basic.signatureAlgorithm)) return;
  }
  throw new StatusUnknown('nobody who may signed it');
}

/** An answer without a nonce was made beforehand; one with another nonce is the answer to somebody else. */
function requireNonce(basic: BasicOCSPResponse, nonce: Uint8Array): void {
  const found = basic.tbsResponseData.responseExtensions?.find(({ extnID }) => extnID === oids.nonce);
  if (!found) return;
  const value = Buffer.from(found.extnValue.valueBlock.valueHexView);
  // As an OCTET STRING in the extension (RFC 9654), or bare as old responders have it.
  const bare = Buffer.from(nonce);
  const wrapped = Buffer.concat([Buffer.from([0x04, nonce.length]), bare]);
  if (!value.equals(bare) && !value.equals(wrapped)) throw new StatusUnknown('its nonce is another');
}

async function answerFor(basic: BasicOCSPResponse, asked: Certificate, issuer: Certificate) {
  const { CertID } = await import('pkijs');
  for (const single of basic.tbsResponseData.responses) {
    const hash = { '1.3.14.3.2.26': 'SHA-1', '2.16.840.1.101.3.4.2.1': 'SHA-256' }[
      single.certID.hashAlgorithm.algorithmId
    ];
    if (hash === undefined) continue;
    const own = await CertID.create(asked, { hashAlgorithm: hash, issuerCertificate: issuer });
    if (own.isEqual(single.certID)) return single;
  }
  throw new StatusUnknown('it speaks of another certificate');
}

function findingOf(single: SingleResponse): Finding | 'unknown' {
  const tag = (single.certStatus as { idBlock: { tagNumber: number } }).idBlock.tagNumber;
  const status = statuses[tag];
  if (status === undefined) throw new StatusUnknown(`its status is ${tag}`);
  if (status === 'unknown') return 'unknown';
  return status === 'good' ? { revoked: false } : { revoked: true, reason: 'unspecified' };
}

/**
 * What an answer says of a certificate: `unknown` when the responder itself says that it does not know it. Throws StatusUnknown
 * when the answer is none, too old, of another certificate, or not signed by who may.
 */
export async function checkOcsp(der: Uint8Array, asked: AskedFor): Promise<Finding | 'unknown'> {
  const { Certificate: Parsed } = await import('pkijs');
  const basic = await parseOcspResponse(der);
  const issuer = Parsed.fromBER(new Uint8Array((asked.issuer.certificate as X509Certificate).raw));
  await requireSigned(basic, issuer, asked.now);
  requireNonce(basic, asked.nonce);
  const single = await answerFor(basic, Parsed.fromBER(new Uint8Array(asked.certificate)), issuer);
  requireFresh(
    { thisUpdate: single.thisUpdate.getTime(), nextUpdate: single.nextUpdate?.getTime() },
    asked.issuer.freshness,
    asked.now,
  );
  return findingOf(single);
}
