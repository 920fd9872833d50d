import { parseOwnJson } from '@alongside/kernel/json';
import type { Vault } from '@alongside/kernel/secrets';
import { z } from 'zod';

// In the combined pattern the platform is the client of CIS2, but the person signs in to an application (docs/adr/0069).

/** Parameter with which the platform names its application to CIS2 of the same installation. Other providers ignore it. */
export const onBehalfOfParameter = 'on_behalf_of';

const purpose = 'cis2-on-behalf-of';
const shape = z.strictObject({
  state: z.string(),
  name: z.string(),
  clientId: z.string().default(''),
  listenerPort: z.int().optional(),
});
const maxNameLength = 80;

/** Returns a name for pages, without control and direction characters, in one line of limited length. */
export function shownName(name: string): string {
  const plain = name
    .replace(/\p{C}/gu, ' ')
    .replace(/\s{1,200}/g, ' ')
    .trim();
  const characters = [...plain];
  if (characters.length === 0) return 'an application without a name';
  return characters.length > maxNameLength ? `${characters.slice(0, maxNameLength - 1).join('')}…` : plain;
}

/** An application of the platform, for CIS2. */
export interface NamedApplication {
  name: string;
  /** Its client id at the platform; empty if an earlier version sealed the name. */
  clientId: string;
  /** The port of the user's machine at which it waits without a secret (`publicListener`). */
  listenerPort?: number | undefined;
}

/** Seals the name of an application for one request. The browser that carries it can neither change nor make one. */
export const sealName = (vault: Vault, state: string, { name, ...more }: NamedApplication): string =>
  vault.seal(purpose, JSON.stringify({ state, name: shownName(name), ...more }));

/** Returns the sealed name of a request; null if it was sealed by another installation, for another request, or was changed. */
export function openName(
  vault: Vault,
  state: string | null,
  sealed: string | undefined,
): NamedApplication | null {
  if (sealed === undefined || state === null) return null;
  try {
    const { data } = shape.safeParse(parseOwnJson(vault.open(purpose, sealed)));
    if (data?.state !== state) return null;
    const { state: _, ...named } = data;
    return named;
  } catch {
    return null;
  }
}
