import { isShortRsa, type JsonWebKey, publicKeyOf } from '@alongside/kernel/jws';
import type { SigningKeys } from '@alongside/kernel/keys';
import { sha256 } from '@alongside/kernel/secrets';
import { z } from 'zod';
import type { Database } from '../storage/database.ts';
import { errors } from './errors.ts';
import { realmOf } from './realms.ts';
import { StoredRecords } from './stored-records.ts';

/** Maximum number of added keys of a realm. */
const maxKeys = 50;
const maxKidLength = 256;
const types = ['RSA', 'EC'];

/** The members of a key that are stored. */
const memberShape = z.string().optional().catch(undefined);
const keyShape = z.object({
  kty: memberShape,
  kid: z.string(),
  use: memberShape,
  alg: memberShape,
  n: memberShape,
  e: memberShape,
  crv: memberShape,
  x: memberShape,
  y: memberShape,
});
type StoredKey = z.infer<typeof keyShape>;

/** Returns the stored members of a public signature key. Throws `keyUnusable`. */
function publicJwk(jwk: unknown): StoredKey {
  const key = publicKeyOf(jwk);
  if (!key) throw errors.keyUnusable('it is not a public key, or has private members');
  const stored = keyShape.safeParse(jwk).data;
  if (stored === undefined || stored.kid === '' || stored.kid.length > maxKidLength)
    throw errors.keyUnusable('kid is missing or too long');
  const { kty = '', use } = stored;
  if (!types.includes(kty) || (use !== undefined && use !== 'sig'))
    throw errors.keyUnusable(`kty is ${kty}, use is ${String(use)}`);
  if (isShortRsa(key)) throw errors.keyUnusable('an RSA key needs 2048 bits or more (RFC 7518 section 3.3)');
  return stored;
}

/** Public keys that testers add to the `certs` of a realm, so that they can sign ID and logout tokens themselves. */
export class RealmKeys {
  readonly #records: StoredRecords<StoredKey>;

  constructor(database: Database) {
    this.#records = new StoredRecords(database, 'mock.realm-keys.', keyShape);
  }

  /** Returns the added keys of a realm. Throws `realmUnknown`. */
  async list(realm: string): Promise<JsonWebKey[]> {
    return (await this.#records.list(prefixOf(realm))).slice(0, maxKeys);
  }

  /** Adds a key, or replaces the one with the same kid. Returns the stored key. Throws `realmUnknown`, `keyUnusable` or `keysFull`. */
  async add(realm: string, jwk: unknown): Promise<JsonWebKey> {
    const prefix = prefixOf(realm);
    const stored = publicJwk(jwk);
    const others = (await this.list(realm)).filter(({ kid }) => kid !== stored.kid);
    if (others.length >= maxKeys) throw errors.keysFull(`${realm} has ${others.length}`);
    await this.#records.put(prefix + sha256(stored.kid), stored);
    return stored;
  }

  /** Removes a key. Returns false if the realm does not have this kid. Throws `realmUnknown`. */
  async remove(realm: string, kid: string): Promise<boolean> {
    return this.#records.remove(prefixOf(realm) + sha256(kid));
  }

  /** Removes the keys of all realms, for a reset. */
  clear(): Promise<void> {
    return this.#records.clear();
  }
}

function prefixOf(realm: string): string {
  if (!realmOf(realm, '')) throw errors.realmUnknown(`there is no realm ${realm.slice(0, 80)}`);
  return `${realm}/`;
}

/** Returns all keys that may have signed a token of a realm: those of the mock, and those that testers added. */
export type RealmKeySet = (realm: string) => Promise<{ keys: JsonWebKey[] }>;

export const realmKeySet =
  (keys: SigningKeys, realmKeys: RealmKeys): RealmKeySet =>
  async (realm) => {
    await keys.ensure('RS256');
    const [own, added] = await Promise.all([keys.jwks(), realmKeys.list(realm)]);
    return { keys: [...own.keys, ...added] };
  };
