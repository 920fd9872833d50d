import type { TokenRecord } from './tokens.ts';

/** The key (RFC 9449 section 6.1) and the certificate (RFC 8705 section 3.1) that a token is bound to: `cnf` of RFC 7800. */
export interface Confirmation {
  /** Thumbprint of the key of the DPoP proof. */
  jkt?: string;
  /** Thumbprint of the client certificate. */
  'x5t#S256'?: string;
}

/** The attribute of a token record that holds it, as JSON. */
export const confirmationAttribute = 'cnf';

/** Returns the attributes by which a token record keeps it; none for an unbound token. */
export const confirmationAttributes = (confirmation: Confirmation | null): Record<string, string> =>
  confirmation === null ? {} : { [confirmationAttribute]: JSON.stringify(confirmation) };

/** Reads it from a token record; null for an unbound token. */
export function confirmationOf({ attributes }: Pick<TokenRecord, 'attributes'>): Confirmation | null {
  const text = attributes[confirmationAttribute];
  return text === undefined ? null : (JSON.parse(text) as Confirmation);
}

export const isSameConfirmation = (one: Confirmation | null, other: Confirmation | null): boolean =>
  one?.jkt === other?.jkt && one?.['x5t#S256'] === other?.['x5t#S256'];

/** `token_type` of an access token (RFC 6750, RFC 9449 section 5). */
export const tokenTypeOf = (confirmation: Confirmation | null): 'Bearer' | 'DPoP' =>
  confirmation?.jkt === undefined ? 'Bearer' : 'DPoP';
