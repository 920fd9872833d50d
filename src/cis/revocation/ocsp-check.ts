import type { X509Certificate } from 'node:crypto';
import { reasonOf } from '@alongside/kernel/errors';
import { BasicOCSPResponse, CertID, type Certificate, OCSPResponse, type SingleResponse } from 'pkijs';
import type { ExternalIssuer } from './external-issuers.ts';
import { hashes, oids } from './ocsp-messages.ts';
import { isSignedBy, parseCertificate } from './signatures.ts';
import { type RevocationStatus, requireFresh, StatusUnknown } from './status.ts';

// Loaded for the first check.

const extendedKeyUsage = '2.5.29.37';
const ocspSigning = '1.3.6.1.5.5.7.3.9';

/** CertStatus by its tag (RFC 6960 section 4.2.1). */
const statuses = ['good', 'revoked', 'unknown'] as const;

/** The request that a response must answer. */
export interface OcspQuery {
  card: X509Certificate;
  issuer: ExternalIssuer;
  nonce: Uint8Array;
  /** Milliseconds. */
  now: number;
}

/** Parses a response in DER and checks nothing. @throws StatusUnknown */
export function parseOcspResponse(der: Uint8Array): BasicOCSPResponse {
  try {
    const { responseStatus, responseBytes } = OCSPResponse.fromBER(new Uint8Array(der));
    const status = responseStatus.valueBlock.valueDec;
    if (status !== 0) throw new Error(`its status is ${status}`);
    if (responseBytes?.responseType !== oids.basic) throw new Error('its type is unknown');
    return BasicOCSPResponse.fromBER(new Uint8Array(responseBytes.response.valueBlock.valueHexView));
  } catch (error) {
    throw new StatusUnknown(`it is not a response: ${reasonOf(error).slice(0, 100)}`, { cause: error });
  }
}

/** Returns the certificates that may sign: of the issuer, and of responders to which it delegates (RFC 6960 section 4.2.2.2). */
async function signers(basic: BasicOCSPResponse, issuer: Certificate, now: number): Promise<Certificate[]> {
  const delegated: Certificate[] = [];
  for (const candidate of (basic.certs ?? []).slice(0, 4)) {
    const usage: { keyPurposes?: string[] } | undefined = candidate.extensions?.find(
      ({ extnID }) => extnID === extendedKeyUsage,
    )?.parsedValue;
    const isCurrent = candidate.notBefore.value.getTime() <= now && now <= candidate.notAfter.value.getTime();
    if (!usage?.keyPurposes?.includes(ocspSigning) || !isCurrent) continue;
    if (!candidate.issuer.isEqual(issuer.subject)) continue;
    const { tbsView, signatureValue, signatureAlgorithm } = candidate;
    if (await isSignedBy(issuer, tbsView, signatureValue, signatureAlgorithm)) delegated.push(candidate);
  }
  return [issuer, ...delegated];
}

async function requireSigned(basic: BasicOCSPResponse, issuer: Certificate, now: number): Promise<void> {
  const { tbsResponseData, signature, signatureAlgorithm } = basic;
  for (const signer of await signers(basic, issuer, now))
    if (await isSignedBy(signer, tbsResponseData.tbsView, signature, signatureAlgorithm)) return;
  throw new StatusUnknown('no trusted key signed it');
}

/** Rejects another nonce. A response without a nonce was signed in advance. */
function requireNonce(basic: BasicOCSPResponse, nonce: Uint8Array): void {
  const found = basic.tbsResponseData.responseExtensions?.find(({ extnID }) => extnID === oids.nonce);
  if (!found) return;
  const value = Buffer.from(found.extnValue.valueBlock.valueHexView);
  // An OCTET STRING in the extension (RFC 9654), or bare bytes from old responders.
  const bare = Buffer.from(nonce);
  const wrapped = Buffer.concat([Buffer.from([0x04, nonce.length]), bare]);
  if (!value.equals(bare) && !value.equals(wrapped)) throw new StatusUnknown('it has another nonce');
}

async function findResponse(basic: BasicOCSPResponse, card: Certificate, issuer: Certificate) {
  for (const single of basic.tbsResponseData.responses) {
    const hash = hashes[single.certID.hashAlgorithm.algorithmId];
    if (hash === undefined) continue;
    const own = await CertID.create(card, { hashAlgorithm: hash.webCrypto, issuerCertificate: issuer });
    if (own.isEqual(single.certID)) return single;
  }
  throw new StatusUnknown('it is for another certificate');
}

function statusOf(single: SingleResponse): RevocationStatus | 'unknown' {
  const tag: number = single.certStatus.idBlock.tagNumber;
  const status = statuses[tag];
  if (status === undefined) throw new StatusUnknown(`its status is ${tag}`);
  if (status === 'unknown') return 'unknown';
  return status === 'good' ? { revoked: false } : { revoked: true, reason: 'unspecified' };
}

/**
 * Returns the status of a certificate by an OCSP response; `unknown` if the responder does not know the certificate.
 * @throws StatusUnknown for a response that is malformed, too old, for another certificate, or not signed by a trusted key
 */
export async function checkOcsp(
  der: Uint8Array,
  { card, issuer, nonce, now }: OcspQuery,
): Promise<RevocationStatus | 'unknown'> {
  const basic = parseOcspResponse(der);
  const authority = parseCertificate(issuer.certificate);
  await requireSigned(basic, authority, now);
  requireNonce(basic, nonce);
  const single = await findResponse(basic, parseCertificate(card), authority);
  const times = { thisUpdate: single.thisUpdate.getTime(), nextUpdate: single.nextUpdate?.getTime() };
  requireFresh(times, issuer.freshness, now);
  return statusOf(single);
}
