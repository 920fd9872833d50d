import type { Refuse } from '@alongside/kernel/errors';
import { parseOwnJson } from '@alongside/kernel/json';
import type { Vault } from '@alongside/kernel/secrets';
import { z } from 'zod';
import { shownName } from '../on-behalf-of.ts';
import type { Parameters } from '../parameters.ts';
import type { IdTokenHint } from './id-token-hint.ts';

// The checks of a sign-out by an application (OpenID Connect RP-Initiated Logout 1.0), for every provider.

/** Where a sign-out leads: to an address that the client registered, with its state. */
export interface SignOutTarget {
  readonly clientId: string;
  readonly address: string;
  readonly state?: string | undefined;
}

/** Returns the client of a sign-out: that of the hint, else the named one, which proves nothing. */
export function signingOutClient(
  parameters: Parameters,
  hint: IdTokenHint | null,
  refuse: Refuse,
): string | undefined {
  const named = parameters.get('client_id');
  if (hint && named !== undefined && named !== hint.audience)
    throw refuse(`client_id is ${named}, the hint was made for ${hint.audience}`);
  return hint?.audience ?? named;
}

/** Returns the target of a sign-out, of which the address must be registered byte for byte; null for none (section 3). */
export function signOutTarget(
  parameters: Parameters,
  hint: IdTokenHint | null,
  client: { readonly clientId: string; readonly postLogoutRedirectUris: readonly string[] } | null,
  refuse: Refuse,
): SignOutTarget | null {
  const address = parameters.get('post_logout_redirect_uri');
  if (address === undefined || !client) return null;
  const { clientId, postLogoutRedirectUris: registered } = client;
  if (!registered.includes(address))
    throw refuse(`${address} is not registered; registered are: ${registered.join(' ')}`);
  // An invalid hint proves no client.
  if (!hint && parameters.has('id_token_hint')) return null;
  return { clientId, address, state: parameters.get('state') };
}

const purpose = 'cis2-sign-out-hint';
const shape = z.strictObject({
  state: z.string(),
  name: z.string(),
  sub: z.string(),
  audience: z.string(),
  sid: z.string().nullable(),
  expires: z.number(),
});

/** A hint of the platform for CIS2 of the same installation, and the name of the application. */
export interface SealedHint extends IdTokenHint {
  readonly name: string;
}

/**
 * Seals the hint of an application of the platform for one sign-out. The browser that carries it can neither change nor make one,
 * and gets no ID token of CIS2, which it could exchange.
 */
export const sealHint = (vault: Vault, state: string, { name, ...hint }: SealedHint): string =>
  vault.seal(purpose, JSON.stringify({ state, name: shownName(name), ...hint }));

/** Returns the sealed hint of a sign-out; null if it was sealed by another installation, for another request, or was changed. */
export function openHint(
  vault: Vault,
  state: string | undefined,
  sealed: string | undefined,
): SealedHint | null {
  if (sealed === undefined || state === undefined) return null;
  try {
    const { data } = shape.safeParse(parseOwnJson(vault.open(purpose, sealed)));
    if (data?.state !== state) return null;
    const { state: _, ...hint } = data;
    return hint;
  } catch {
    return null;
  }
}
