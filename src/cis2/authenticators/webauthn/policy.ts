import { X509Certificate } from 'node:crypto';
import { OperatorError } from '@alongside/kernel/operator';
import type { WebAuthnBody, WebAuthnKind } from './variants.ts';

/** What signs attestations in Chromium's virtual authenticator: known to everybody, so trusted in development alone. */
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

/** The model that it claims to be. */
export const developmentAaguid = '01020304-0506-0708-0102-030405060708';

/** Its fingerprint (SHA-256), by which credentials remember their root. */
export const developmentFingerprint = new X509Certificate(developmentRoot).fingerprint256;

/** Which WebAuthn credentials count as the third level. Without roots and models, none does. */
export interface WebAuthnSettings {
  /** Roots of attestation that are trusted, PEM; an authenticator's own attestation certificate will do. */
  roots?: readonly string[];
  /** Models of authenticators that are accepted, as UUIDs (AAGUID). */
  aaguids?: readonly string[];
  /** The best level of a passkey: 2 by default. With 3, one that meets the rule of security keys counts as they do. */
  passkeyLevel?: 2 | 3;
}

export interface WebAuthnPolicy {
  /** PEM by fingerprint. */
  roots: ReadonlyMap<string, string>;
  aaguids: ReadonlySet<string>;
  passkeyLevel: 2 | 3;
}

const uuidShape = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Name of a certificate, whatever its PEM looks like. */
const fingerprintOf = (pem: string): string => new X509Certificate(pem).fingerprint256;

function readRoot(pem: string): [string, string] {
  try {
    return [fingerprintOf(pem), pem];
  } catch (error) {
    throw new OperatorError('A trusted root of WebAuthn attestation is not a PEM certificate.', {
      cause: error,
    });
  }
}

/** Reads the settings; in development, what is not set is the virtual authenticator of Chromium. Throws for what no policy can be. */
export function webAuthnPolicy(settings: WebAuthnSettings, development: boolean): WebAuthnPolicy {
  const roots = settings.roots ?? (development ? [developmentRoot] : []);
  const aaguids = (settings.aaguids ?? (development ? [developmentAaguid] : [])).map((id) =>
    id.toLowerCase(),
  );
  const odd = aaguids.find((id) => !uuidShape.test(id));
  if (odd !== undefined) throw new OperatorError(`The WebAuthn model ${odd} is not an UUID (AAGUID).`);
  return {
    roots: new Map(roots.map(readRoot)),
    aaguids: new Set(aaguids),
    passkeyLevel: settings.passkeyLevel ?? 2,
  };
}

/** What the authenticator said of itself at this very use. */
export interface AtUse {
  userVerified: boolean;
  backupEligible: boolean;
}

/** Whether an authenticator is one whose key cannot leave it, of a model that is accepted, vouched for by a trusted root. */
const isTrusted = ({ root, aaguid }: WebAuthnBody, policy: WebAuthnPolicy): boolean =>
  root !== null && policy.roots.has(root) && policy.aaguids.has(aaguid);

/**
 * The level of a sign-in, by the policy of now: the third only with a trusted attestation and an accepted model, the person
 * verified, and a key that cannot be copied (NIST SP 800-63B section 3.1.7: non-exportable), at registration and at this use.
 */
export function levelOf(kind: WebAuthnKind, body: WebAuthnBody, use: AtUse, policy: WebAuthnPolicy): 2 | 3 {
  const singleDevice = !body.backupEligible && !use.backupEligible;
  const third = isTrusted(body, policy) && use.userVerified && singleDevice;
  return third && kind.best(policy) === 3 && body.ceiling === 3 ? 3 : 2;
}

/** The same rule for a key whose holder was verified at its registration, and is at every use. */
export const isThirdLevel = (body: WebAuthnBody, policy: WebAuthnPolicy): boolean =>
  isTrusted(body, policy) && !body.backupEligible;

/** The best that a credential can do, as far as it is known before its next use. */
export const levelAtBest = (kind: WebAuthnKind, body: WebAuthnBody, policy: WebAuthnPolicy): 2 | 3 =>
  levelOf(kind, body, { userVerified: true, backupEligible: body.backupEligible }, policy);
