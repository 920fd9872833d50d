import { reasonOf } from '@alongside/kernel/errors';
import { rootOf } from './attestation.ts';
import type { Ceremony } from './ceremony.ts';
import type { WebAuthnBody } from './kind.ts';
import { algorithms, webAuthnLibrary } from './library.ts';
import type { Attestation } from './response.ts';

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
