import { createRemoteJWKSet, type JWTPayload, jwtVerify } from 'jose';

const platform = process.env.PLATFORM ?? 'http://localhost:8401';
const keys = createRemoteJWKSet(new URL(`${platform}/oauth2.1/jwks`));

/** Returns the caller in the header NHSD-Identity-JWT. Throws for every other JWT. */
export async function callerOf(header: string, api: string): Promise<JWTPayload> {
  const expected = { issuer: platform, audience: api, typ: 'nhsd-identity+jwt', algorithms: ['ES256'] };
  const { payload } = await jwtVerify(header, keys, { ...expected, requiredClaims: ['exp', 'sub'] });
  return payload;
}
