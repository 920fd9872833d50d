import { reasonOf } from '@alongside/kernel/errors';
import type { Credential } from '../../model/credentials.ts';
import { type Ceremony, credentialWithId, userHandleOf } from './ceremony.ts';
import type { WebAuthnBody } from './kind.ts';
import { webAuthnLibrary } from './library.ts';
import type { AtUse } from './policy.ts';
import type { Assertion } from './response.ts';

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
