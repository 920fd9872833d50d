import { X509Certificate } from 'node:crypto';
import { reasonOf } from '@alongside/kernel/errors';
import type { Credential } from '../../model/credentials.ts';
import type { Ceremony } from './ceremony.ts';
import type { AssertionFlags } from './policy.ts';
import type { Assertion, Attestation } from './response.ts';
import { algorithms, type WebAuthnBody } from './variants.ts';

/** Attestation formats with a certificate chain; `none` and self attestation have none (WebAuthn section 6.5.4). */
const chained = new Set(['packed', 'tpm', 'fido-u2f', 'apple', 'android-key']);

const keyOf = (pem: string): string =>
  new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' }).toString('base64');

/** Returns whether the root is the attestation key itself (FIDO Metadata Statement, `attestationRootCertificates`). */
const isPinned = (leaf: string, root: string): boolean => {
  try {
    return keyOf(leaf) === keyOf(root);
  } catch {
    return false;
  }
};

/** Returns whether each certificate belongs to an authority, which alone may issue others (RFC 5280 section 4.2.1.9). */
const areAuthorities = (certificates: readonly string[]): boolean =>
  certificates.every((pem) => new X509Certificate(pem).ca);

/**
 * Returns the fingerprint of the trusted root of a verified attestation, or null.
 * @param attestationObject its statement is verified with the first certificate.
 */
export async function rootOf(
  attestationObject: Uint8Array<ArrayBuffer>,
  format: string,
  roots: ReadonlyMap<string, string>,
): Promise<string | null> {
  if (!chained.has(format)) return null;
  const { decodeAttestationObject, convertCertBufferToPEM, validateCertificatePath } = await import(
    '@simplewebauthn/server/helpers'
  );
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
      // The chain does not lead to this root.
    }
  }
  return null;
}

/** Verifies a registration (WebAuthn section 7.1). Returns the reason for the log if it is refused. */
export async function verifyAttestation(
  { party, policy }: Ceremony,
  attestation: Attestation,
  challenge: string,
  ceiling: 2 | 3,
): Promise<{ body: WebAuthnBody } | { refused: string }> {
  const { verifyRegistrationResponse } = await import('@simplewebauthn/server');
  try {
    const { registrationInfo: info } = await verifyRegistrationResponse({
      response: {
        ...attestation,
        rawId: attestation.id,
        clientExtensionResults: {},
        response: { ...attestation.response, transports: undefined },
      } as Parameters<typeof verifyRegistrationResponse>[0]['response'],
      expectedChallenge: challenge,
      expectedOrigin: party.origin,
      expectedRPID: party.id,
      requireUserVerification: true,
      supportedAlgorithmIDs: [...algorithms],
    });
    if (!info) return { refused: 'the attestation is not valid' };
    const { credential, aaguid, fmt } = info;
    if (credential.id !== attestation.id) return { refused: 'the credential has another id' };
    return {
      body: {
        publicKey: Buffer.from(credential.publicKey).toString('base64url'),
        counter: credential.counter,
        transports: attestation.response.transports ?? [],
        aaguid,
        root: await rootOf(info.attestationObject, fmt, policy.roots),
        backupEligible: info.credentialDeviceType === 'multiDevice',
        ceiling,
        shared: false,
      },
    };
  } catch (error) {
    return { refused: reasonOf(error) };
  }
}

/** The reason for the log, and whether the counter shows a second copy of the key that signed. */
interface RefusedAssertion {
  refused: string;
  copied?: true;
}

/**
 * Returns whether the signature counter shows a second copy of the key (WebAuthn section 6.1.1). A counter that stays
 * zero shows nothing, and neither does that of a shared development key.
 */
const wentBack = ({ shared, counter }: WebAuthnBody, now: number): boolean =>
  !shared && (now > 0 || counter > 0) && now <= counter;

/** Verifies an assertion (WebAuthn section 7.2). Returns the reason for the log if it is refused. */
export async function verifyAssertion(
  { party }: Ceremony,
  assertion: Assertion,
  challenge: string,
  { body, lookup }: Pick<Credential<WebAuthnBody>, 'body' | 'lookup'>,
): Promise<(AssertionFlags & { counter: number }) | RefusedAssertion> {
  const { verifyAuthenticationResponse } = await import('@simplewebauthn/server');
  try {
    const { verified, authenticationInfo: info } = await verifyAuthenticationResponse({
      response: {
        ...assertion,
        rawId: assertion.id,
        clientExtensionResults: {},
        response: { ...assertion.response, userHandle: assertion.response.userHandle ?? undefined },
      } as Parameters<typeof verifyAuthenticationResponse>[0]['response'],
      expectedChallenge: challenge,
      expectedOrigin: party.origin,
      expectedRPID: party.id,
      credential: {
        id: lookup ?? '',
        publicKey: Buffer.from(body.publicKey, 'base64url'),
        // The counter is compared below, after the signature is verified.
        counter: 0,
      },
      requireUserVerification: true,
    });
    if (!verified) return { refused: 'the signature is not valid' };
    const backupEligible = info.credentialDeviceType === 'multiDevice';
    if (backupEligible !== body.backupEligible)
      return { refused: 'its backup eligibility has changed (WebAuthn section 6.1.3)' };
    if (wentBack(body, info.newCounter))
      return { refused: `its counter is ${info.newCounter} after ${body.counter}`, copied: true };
    return { userVerified: info.userVerified, backupEligible, counter: info.newCounter };
  } catch (error) {
    return { refused: reasonOf(error) };
  }
}
