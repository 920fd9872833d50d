import { createHash } from 'node:crypto';

/** A JSON Web Key (RFC 7517 section 4). */
export interface JsonWebKey {
  kty?: string;
  kid?: string;
  alg?: string;
  use?: string;
  crv?: string;
  [member: string]: unknown;
}

const members: Record<string, string[]> = {
  EC: ['crv', 'kty', 'x', 'y'],
  RSA: ['e', 'kty', 'n'],
  OKP: ['crv', 'kty', 'x'],
};

/** Returns the JWK thumbprint, SHA-256 as base64url (RFC 7638 section 3). Throws for an unsupported key type. */
export function thumbprint(jwk: JsonWebKey): string {
  const names = members[jwk.kty ?? ''];
  if (!names) throw new Error(`There is no thumbprint of a key of type ${jwk.kty}.`);
  const required = Object.fromEntries(names.map((name) => [name, jwk[name]]));
  return createHash('sha256').update(JSON.stringify(required)).digest('base64url');
}
