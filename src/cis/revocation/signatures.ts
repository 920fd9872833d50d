import type { X509Certificate } from 'node:crypto';
import type { BitString } from 'asn1js';
import { type AlgorithmIdentifier, Certificate, getCrypto, type PublicKeyInfo } from 'pkijs';

// Loaded for the first check.

/** RSA and ECDSA over SHA-256 or longer. RSASSA-PSS is rejected: it names its hash in the parameters. */
const trusted = new Set([
  '1.2.840.113549.1.1.11',
  '1.2.840.113549.1.1.12',
  '1.2.840.113549.1.1.13',
  '1.2.840.10045.4.3.2',
  '1.2.840.10045.4.3.3',
  '1.2.840.10045.4.3.4',
]);

export const parseCertificate = ({ raw }: Pick<X509Certificate, 'raw'>): Certificate =>
  Certificate.fromBER(new Uint8Array(raw));

/** Verifies a signature with a trusted algorithm. Returns false if it cannot be verified. */
export async function isSignedBy(
  { subjectPublicKeyInfo }: { subjectPublicKeyInfo: PublicKeyInfo },
  signedBytes: Uint8Array,
  signature: BitString,
  algorithm: AlgorithmIdentifier,
): Promise<boolean> {
  if (!trusted.has(algorithm.algorithmId)) return false;
  try {
    const bytes = new Uint8Array(signedBytes);
    return await getCrypto(true).verifyWithPublicKey(bytes, signature, subjectPublicKeyInfo, algorithm);
  } catch {
    return false;
  }
}
