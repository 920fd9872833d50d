import { createPrivateKey, createPublicKey, generateKeyPairSync, randomUUID, sign } from 'node:crypto';

const { privateKey: pem } = generateKeyPairSync('rsa', {
  modulusLength: 4096,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
/** The key of every client of the benchmark. */
export const privateKey = createPrivateKey(pem);
export const publicKey = createPublicKey(pem);

export const jwks = {
  keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'bench-1', alg: 'RS512', use: 'sig' }],
};

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Creates a client assertion (RFC 7523), optionally with other members. */
export function assertion(
  { clientId, audience }: { clientId: string; audience: string },
  other: { header?: object; claims?: object } = {},
): string {
  const now = Math.floor(Date.now() / 1_000);
  const header = { alg: 'RS512', typ: 'JWT', kid: 'bench-1', ...other.header };
  const claims = {
    iss: clientId,
    sub: clientId,
    aud: audience,
    jti: randomUUID(),
    iat: now,
    exp: now + 280,
    ...other.claims,
  };
  const input = `${part(header)}.${part(claims)}`;
  return `${input}.${sign('sha512', Buffer.from(input), privateKey).toString('base64url')}`;
}

export const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
