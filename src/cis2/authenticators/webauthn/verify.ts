import { X509Certificate } from 'node:crypto';
import { reasonOf } from '@alongside/kernel/errors';
import type { Credential } from '../../model/credentials.ts';
import { type Ceremony, credentialWithId, userHandleOf } from './ceremony.ts';
import type { AtUse } from './policy.ts';
import type { Assertion, Attestation } from './response.ts';
import { algorithms, type WebAuthnBody } from './variants.ts';

/** The library that verifies WebAuthn, loaded when somebody first needs it: it costs a quarter of a second of every start. */
const webAuthnLibrary = () => import('@simplewebauthn/server');

/** Its helpers for attestation statements. */
const webAuthnHelpers = () => import('@simplewebauthn/server/helpers');

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

/** Verifies a registration (WebAuthn section 7.1). Answers with why not, in words for the log. */
export async function verifyAttestation(
  { party, policy }: Ceremony,
  attestation: Attestation,
  challenge: string,
  ceiling: 2 | 3,
): Promise<{ body: WebAuthnBody } | { refused: string }> {
  const { verifyRegistrationResponse } = await webAuthnLibrary();
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
    if (!info) return { refused: 'the attestation does not hold' };
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

/**
 * Finds the credential of an assertion among those of every kind; the person whom it names must be its owner (WebAuthn section 7.2 step 6).
 * @param expected whether the browser was told whose credentials to look for: only then may the authenticator leave the name out.
 */
export async function findCredential(
  ceremony: Ceremony,
  { id, response }: Assertion,
  expected: boolean,
): Promise<{ credential: Credential<WebAuthnBody> } | { refused: string }> {
  const credential = await credentialWithId(ceremony, id);
  if (!credential) return { refused: 'nobody has this credential' };
  if (credential.body.shared && !ceremony.development)
    return { refused: 'a credential of development, known to many' };
  if (!response.userHandle && !expected)
    return { refused: 'there is no user handle, and nobody was expected' };
  if (response.userHandle && response.userHandle !== userHandleOf(credential.uid))
    return { refused: 'the user handle is not that of its owner' };
  return { credential };
}

interface Refused {
  refused: string;
  /** The key itself signed, but somebody else seems to hold it as well. */
  copied?: true;
}

/**
 * Whether a signature counter shows that there are two of one key (WebAuthn section 6.1.1); one that always is zero shows nothing. Keys of
 * development are held by many on purpose, each with a counter of its own.
 */
const wentBack = ({ shared, counter }: WebAuthnBody, now: number): boolean =>
  !shared && (now > 0 || counter > 0) && now <= counter;

/** Verifies an assertion (WebAuthn section 7.2). Answers with why not, in words for the log. */
export async function verifyAssertion(
  { party }: Ceremony,
  assertion: Assertion,
  challenge: string,
  { body, lookup }: Pick<Credential<WebAuthnBody>, 'body' | 'lookup'>,
): Promise<(AtUse & { counter: number }) | Refused> {
  const { verifyAuthenticationResponse } = await webAuthnLibrary();
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
        // Judged below, when it is known who signed.
        counter: 0,
      },
      requireUserVerification: true,
    });
    if (!verified) return { refused: 'the signature does not hold' };
    const backupEligible = info.credentialDeviceType === 'multiDevice';
    if (backupEligible !== body.backupEligible)
      return { refused: 'it may be copied now, or no more (WebAuthn section 6.1.3)' };
    if (wentBack(body, info.newCounter))
      return { refused: `its counter is ${info.newCounter} after ${body.counter}`, copied: true };
    return { userVerified: info.userVerified, backupEligible, counter: info.newCounter };
  } catch (error) {
    return { refused: reasonOf(error) };
  }
}
