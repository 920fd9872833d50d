import { z } from 'zod';
import { storedJson } from '../storage/row.ts';
import type { TokenRecord } from './token-records.ts';

export const confirmationShape = z.object({
  /** Thumbprint of the key of the DPoP proof. */
  jkt: z.string().optional(),
  /** Thumbprint of the client certificate. */
  'x5t#S256': z.string().optional(),
});
/** Key (RFC 9449 section 6.1) and certificate (RFC 8705 section 3.1) to which a token is bound: `cnf` of RFC 7800. */
export type Confirmation = z.infer<typeof confirmationShape>;

/** Attribute of a token record with the confirmation as JSON. */
export const confirmationAttribute = 'cnf';

/** Returns the attributes for a token record; none for an unbound token. */
export const confirmationAttributes = (confirmation: Confirmation | null): Record<string, string> =>
  confirmation === null ? {} : { [confirmationAttribute]: JSON.stringify(confirmation) };

/** Returns the confirmation of a token record; null for an unbound token. */
export function confirmationOf({ attributes }: Pick<TokenRecord, 'attributes'>): Confirmation | null {
  const text = attributes[confirmationAttribute];
  return text === undefined ? null : storedJson(confirmationShape, text, 'attribute cnf');
}

export const isSameConfirmation = (one: Confirmation | null, other: Confirmation | null): boolean =>
  one?.jkt === other?.jkt && one?.['x5t#S256'] === other?.['x5t#S256'];

/** `token_type` of an access token (RFC 6750, RFC 9449 section 5). */
export const tokenTypeOf = (confirmation: Confirmation | null): 'Bearer' | 'DPoP' =>
  confirmation?.jkt === undefined ? 'Bearer' : 'DPoP';
