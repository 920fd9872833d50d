import { X509Certificate } from 'node:crypto';
import { ConfigurationError } from '@alongside/kernel/operator';
import type { WebAuthnBody, WebAuthnVariant } from './variants.ts';

/** Signs attestations in Chromium's virtual authenticator. Its private key is published, so only development trusts it. */
export const developmentRoot = `-----BEGIN CERTIFICATE-----
MIIB1DCCAXqgAwIBAgIBATAKBggqhkjOPQQDAjBgMQswCQYDVQQGEwJVUzERMA8G
A1UECgwIQ2hyb21pdW0xIjAgBgNVBAsMGUF1dGhlbnRpY2F0b3IgQXR0ZXN0YXRp
b24xGjAYBgNVBAMMEUJhdGNoIENlcnRpZmljYXRlMB4XDTE3MDcxNDAyNDAwMFoX
DTQ2MTExOTE5NDQyMFowYDELMAkGA1UEBhMCVVMxETAPBgNVBAoMCENocm9taXVt
MSIwIAYDVQQLDBlBdXRoZW50aWNhdG9yIEF0dGVzdGF0aW9uMRowGAYDVQQDDBFC
YXRjaCBDZXJ0aWZpY2F0ZTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABI1hfmXJ
UI5kvMVnOsgqZ5naPBRGaCwljEY//99Y39L6Pmw3i1PXlcSk3/tBme3Xhi8jq68C
A7S4kRugVpmU4QGjJTAjMAwGA1UdEwEB/wQCMAAwEwYLKwYBBAGC5RwCAQEEBAMC
BSAwCgYIKoZIzj0EAwIDSAAwRQIhAO4K3DCVIHAXwH0doguEPI4usQ6TDvmWFk3R
6AlyUHOoAiBrDSP1M+/UKWzVsHAVoZhzPQLdq1BVVNITFNmuLUWDFQ==
-----END CERTIFICATE-----`;

/** The model that it claims. */
export const developmentAaguid = '01020304-0506-0708-0102-030405060708';

/** Fingerprint (SHA-256) of `developmentRoot`, as stored with credentials. */
export const developmentFingerprint = new X509Certificate(developmentRoot).fingerprint256;

/** The rule for level 3. Without trusted roots and accepted models, no credential reaches it. */
export interface WebAuthnSettings {
  /** Trusted attestation roots, PEM, or attestation certificates of single authenticators. */
  roots?: readonly string[];
  /** Accepted models of authenticators, as UUIDs (AAGUID). */
  aaguids?: readonly string[];
  /** The highest level of a passkey: 2 by default. With 3, the rule for security keys applies to passkeys. */
  passkeyLevel?: 2 | 3;
}

export interface WebAuthnPolicy {
  /** PEM by fingerprint. */
  roots: ReadonlyMap<string, string>;
  aaguids: ReadonlySet<string>;
  passkeyLevel: 2 | 3;
}

const uuidShape = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Returns the root with its fingerprint, which does not depend on the layout of the PEM. */
function readRoot(pem: string): [string, string] {
  try {
    return [new X509Certificate(pem).fingerprint256, pem];
  } catch (error) {
    throw new ConfigurationError('A trusted root of WebAuthn attestation is not a PEM certificate.', {
      cause: error,
    });
  }
}

/** Reads the settings. In development, the default is Chromium's virtual authenticator. Throws ConfigurationError. */
export function webAuthnPolicy(settings: WebAuthnSettings, development: boolean): WebAuthnPolicy {
  const roots = settings.roots ?? (development ? [developmentRoot] : []);
  const aaguids = (settings.aaguids ?? (development ? [developmentAaguid] : [])).map((id) =>
    id.toLowerCase(),
  );
  const invalid = aaguids.find((id) => !uuidShape.test(id));
  if (invalid !== undefined)
    throw new ConfigurationError(`The WebAuthn model ${invalid} is not a UUID (AAGUID).`);
  return {
    roots: new Map(roots.map(readRoot)),
    aaguids: new Set(aaguids),
    passkeyLevel: settings.passkeyLevel ?? 2,
  };
}

export interface AssertionFlags {
  userVerified: boolean;
  backupEligible: boolean;
}

/** Returns whether a trusted root vouches for the authenticator and its model is accepted. */
const isTrusted = ({ root, aaguid }: WebAuthnBody, policy: WebAuthnPolicy): boolean =>
  root !== null && policy.roots.has(root) && policy.aaguids.has(aaguid);

/**
 * Returns the level of a sign-in under the current policy. Level 3 requires a trusted attestation, an accepted model, a
 * verified user, and a key that cannot be copied, at registration and now (NIST SP 800-63B-4 section 3.1.7: non-exportable).
 */
export function levelOf(
  variant: WebAuthnVariant,
  body: WebAuthnBody,
  flags: AssertionFlags,
  policy: WebAuthnPolicy,
): 2 | 3 {
  const singleDevice = !body.backupEligible && !flags.backupEligible;
  const third = isTrusted(body, policy) && flags.userVerified && singleDevice;
  return third && variant.best(policy) === 3 && body.ceiling === 3 ? 3 : 2;
}

/** Applies the same rule to a key that verifies its user at registration and at each use. */
export const isThirdLevel = (body: WebAuthnBody, policy: WebAuthnPolicy): boolean =>
  isTrusted(body, policy) && !body.backupEligible;

/** Returns the highest level that a credential can reach at its next use. */
export const levelAtBest = (variant: WebAuthnVariant, body: WebAuthnBody, policy: WebAuthnPolicy): 2 | 3 =>
  levelOf(variant, body, { userVerified: true, backupEligible: body.backupEligible }, policy);
