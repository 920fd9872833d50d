import { reasonOf } from '@alongside/kernel/errors';
import { randomToken } from '@alongside/kernel/ids';
import { z } from 'zod';
import type { SingleUse } from '../../../storage/single-use.ts';
import type { Administrator, AdministratorKey } from '../../model/administrators/administrators.ts';

const base64url = (longest: number) =>
  z
    .string('must be text')
    .min(1, 'must not be empty')
    .max(longest, 'is too long')
    .regex(/^[\w-]+$/, 'must be base64url');

// An id has at most 1,023 bytes (WebAuthn section 4, "credential ID").
const common = { id: base64url(1_364), rawId: base64url(1_364), type: z.literal('public-key') };

/** The secret part of an invitation link. */
export const invitationToken = base64url(100);

/** The used members of a RegistrationResponseJSON (WebAuthn section 5.1). */
const registration = z.object({
  ...common,
  response: z.object({ clientDataJSON: base64url(8_192), attestationObject: base64url(40_960) }),
});

/** The used members of an AuthenticationResponseJSON. A discoverable passkey always names its user. */
const authentication = z.object({
  ...common,
  response: z.object({
    clientDataJSON: base64url(8_192),
    authenticatorData: base64url(8_192),
    signature: base64url(8_192),
    userHandle: base64url(86),
  }),
});

export type Registration = z.infer<typeof registration>;
export type Authentication = z.infer<typeof authentication>;

/** Body of `POST /invite`. */
export const joinBody = z.strictObject({ token: invitationToken, response: registration });
/** Body of `POST /sign-in`. */
export const signInBody = z.strictObject({ response: authentication });

/** ES256, EdDSA, RS256 (RFC 9053 section 2, RFC 8812 section 2). */
const algorithms = [-7, -8, -257];
const challengeKind = 'administrator-challenge';
/** Milliseconds for which the browser waits and a challenge is valid. */
const timeout = 300_000;

/** Returns the user handle of an administrator (WebAuthn section 5.4.3). */
const handleOf = (id: string): string => Buffer.from(id).toString('base64url');

type Refused = { refused: string };

/** The ceremonies of WebAuthn, with the console as the relying party. */
export class Passkeys {
  readonly #singleUse: SingleUse;
  readonly #origin: string;
  readonly #host: string;

  /** @param address public address of the console, the expected origin of responses */
  constructor(singleUse: SingleUse, address: string) {
    const { origin, hostname } = new URL(address);
    this.#singleUse = singleUse;
    this.#origin = origin;
    this.#host = hostname;
  }

  /** Returns options for `navigator.credentials.create` as JSON (WebAuthn section 5.4). The challenge stores the administrator. */
  async creationOptions(administrator: Administrator): Promise<string> {
    const { id, name } = administrator;
    return JSON.stringify({
      rp: { id: this.#host, name: 'Alongside console' },
      user: { id: handleOf(id), name, displayName: name },
      challenge: await this.#challenge(id),
      pubKeyCredParams: algorithms.map((alg) => ({ type: 'public-key', alg })),
      timeout,
      authenticatorSelection: {
        residentKey: 'required',
        requireResidentKey: true,
        userVerification: 'required',
      },
      attestation: 'none',
    });
  }

  /** Returns options for `navigator.credentials.get` as JSON (WebAuthn section 5.5), for any passkey of the console. */
  async requestOptions(): Promise<string> {
    return JSON.stringify({
      rpId: this.#host,
      challenge: await this.#challenge(''),
      timeout,
      allowCredentials: [],
      userVerification: 'required',
    });
  }

  /** Verifies a registration (WebAuthn section 7.1). Returns the key and the id of the challenge's administrator. */
  async register(response: Registration): Promise<{ id: string; key: AdministratorKey } | Refused> {
    const { verifyRegistrationResponse } = await import('@simplewebauthn/server');
    let id = '';
    try {
      const { registrationInfo: info } = await verifyRegistrationResponse({
        response: { ...response, clientExtensionResults: {} },
        expectedChallenge: async (challenge) => {
          id = (await this.#spend(challenge)) ?? '';
          return id !== '';
        },
        expectedOrigin: this.#origin,
        expectedRPID: this.#host,
        requireUserVerification: true,
        supportedAlgorithmIDs: algorithms,
      });
      if (!info) return { refused: 'the attestation is not valid' };
      const { credential } = info;
      const publicKey = Buffer.from(credential.publicKey).toString('base64url');
      return { id, key: { id: credential.id, publicKey, counter: credential.counter } };
    } catch (error) {
      return { refused: reasonOf(error) };
    }
  }

  /** Verifies a sign-in (WebAuthn section 7.2) with a passkey of this administrator. */
  async verify(
    response: Authentication,
    { id }: Administrator,
    key: AdministratorKey,
  ): Promise<{ counter: number } | Refused> {
    const { verifyAuthenticationResponse } = await import('@simplewebauthn/server');
    try {
      const { verified, authenticationInfo: info } = await verifyAuthenticationResponse({
        response: { ...response, clientExtensionResults: {} },
        expectedChallenge: async (challenge) => (await this.#spend(challenge)) === '',
        expectedOrigin: this.#origin,
        expectedRPID: this.#host,
        credential: {
          id: key.id,
          publicKey: Buffer.from(key.publicKey, 'base64url'),
          counter: key.counter,
        },
        requireUserVerification: true,
      });
      if (!verified) return { refused: 'the signature is not valid' };
      if (response.response.userHandle !== handleOf(id))
        return { refused: 'the user handle is not that of its owner' };
      return { counter: info.newCounter };
    } catch (error) {
      return { refused: reasonOf(error) };
    }
  }

  async #challenge(owner: string): Promise<string> {
    const challenge = randomToken();
    await this.#singleUse.keep(challengeKind, challenge, owner, timeout);
    return challenge;
  }

  /** Spends a challenge, also for a wrong response. Returns its administrator. */
  #spend(challenge: string): Promise<string | undefined> {
    return this.#singleUse.spend<string>(challengeKind, challenge);
  }
}
