import type { BitString } from 'asn1js';
import type { AlgorithmIdentifier, PublicKeyInfo } from 'pkijs';

/** Signature algorithms that are believed: RSA and ECDSA over SHA-256 or longer. RSASSA-PSS names its hash elsewhere and is left out. */
const believed = new Set([
  '1.2.840.113549.1.1.11',
  '1.2.840.113549.1.1.12',
  '1.2.840.113549.1.1.13',
  '1.2.840.10045.4.3.2',
  '1.2.840.10045.4.3.3',
  '1.2.840.10045.4.3.4',
]);

/** Whether the holder of this key signed these bytes. False also for an algorithm that is not believed, and for what cannot be checked. */
export async function signatureHolds(
  signedBytes: BufferSource,
  signature: BitString,
  key: PublicKeyInfo,
  algorithm: AlgorithmIdentifier,
): Promise<boolean> {
  if (!believed.has(algorithm.algorithmId)) return false;
  const { getCrypto } = await import('pkijs');
  try {
    return await getCrypto(true).verifyWithPublicKey(signedBytes, signature, key, algorithm);
  } catch {
    return false;
  }
}
