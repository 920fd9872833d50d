import { X509Certificate } from 'node:crypto';
import { webAuthnHelpers } from './library.ts';

/** Formats whose statement has a certificate chain to verify; `none` and self attestation have none (WebAuthn section 6.5.4). */
const chained = new Set(['packed', 'tpm', 'fido-u2f', 'apple', 'android-key']);

const keyOf = (pem: string): string =>
  new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' }).toString('base64');

/** The trusted key itself attests, instead of an authority of it (FIDO Metadata Statement, `attestationRootCertificates`). */
const isPinned = (leaf: string, root: string): boolean => {
  try {
    return keyOf(leaf) === keyOf(root);
  } catch {
    return false;
  }
};

/** Only an authority may vouch for another certificate (RFC 5280 section 4.2.1.9). */
const areAuthorities = (certificates: readonly string[]): boolean =>
  certificates.every((pem) => new X509Certificate(pem).ca);

/**
 * The fingerprint of the trusted root to which the certificates of a verified attestation lead; null when they lead to none.
 * @param attestationObject one whose statement the library has verified with the first certificate.
 */
export async function rootOf(
  attestationObject: Uint8Array<ArrayBuffer>,
  format: string,
  roots: ReadonlyMap<string, string>,
): Promise<string | null> {
  if (!chained.has(format)) return null;
  const { decodeAttestationObject, convertCertBufferToPEM, validateCertificatePath } =
    await webAuthnHelpers();
  const certificates = decodeAttestationObject(attestationObject).get('attStmt').get('x5c') ?? [];
  const chain = certificates.map((certificate) => convertCertBufferToPEM(certificate));
  const [leaf] = chain;
  if (leaf === undefined) return null;
  for (const [fingerprint, root] of roots) {
    if (isPinned(leaf, root)) return fingerprint;
    try {
      if (areAuthorities(chain.slice(1)) && (await validateCertificatePath(chain, [root])))
        return fingerprint;
    } catch {
      // It leads to another root, or to none.
    }
  }
  return null;
}
