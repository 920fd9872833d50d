import { randomUUID } from 'node:crypto';
import { type JWTPayload, SignJWT } from 'jose';
import type { KeyPair } from './keys.ts';
import type { AuthMethod, RegisteredClient } from './provider.ts';
import { now } from './time.ts';

/** Returns a client assertion (RFC 7523 section 2.2); omits undefined claims. */
export async function assertionOf(
  clientId: string,
  audience: string,
  key: KeyPair,
  claims: Record<string, unknown> = {},
): Promise<string> {
  const usual = {
    iss: clientId,
    sub: clientId,
    aud: audience,
    jti: randomUUID(),
    iat: now(),
    exp: now() + 60,
  };
  const kept = JSON.parse(JSON.stringify({ ...usual, ...claims })) as JWTPayload;
  return new SignJWT(kept)
    .setProtectedHeader({ alg: key.algorithm, kid: key.publicJwk.kid })
    .sign(key.privateKey);
}

interface Authenticating {
  registered: RegisteredClient;
  /** Audience of an assertion. */
  audience: string;
  key: KeyPair;
  certificateHeader: Record<string, string>;
}

interface Credentials {
  form: Record<string, string>;
  headers: Record<string, string>;
}

/** Returns the parameters and headers of each authentication method. */
export const credentialsOf: Readonly<Record<AuthMethod, (client: Authenticating) => Promise<Credentials>>> = {
  async client_secret_basic({ registered: { clientId, clientSecret = '' } }) {
    const pair = `${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`;
    return { form: {}, headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` } };
  },
  async client_secret_post({ registered: { clientId, clientSecret = '' } }) {
    return { form: { client_id: clientId, client_secret: clientSecret }, headers: {} };
  },
  async private_key_jwt({ registered, audience, key, certificateHeader }) {
    const form = {
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await assertionOf(registered.clientId, audience, key),
    };
    return { form, headers: certificateHeader };
  },
  async self_signed_tls_client_auth({ registered, certificateHeader }) {
    return { form: { client_id: registered.clientId }, headers: certificateHeader };
  },
};
