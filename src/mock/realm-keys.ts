import type { JsonWebKey } from '@alongside/kernel/jwk';
import { publicKeyOf } from '@alongside/kernel/jws';
import { sha256 } from '@alongside/kernel/secrets';
import { type Database, sql } from '../storage/database.ts';
import { errors } from './errors.ts';
import { realmOf } from './realms.ts';

/** Most keys that testers may bring to one realm. */
const mostKeys = 50;
const longestKid = 256;
const types = ['RSA', 'EC'];
/** What is kept of a key; everything else is left out. */
const members = ['kty', 'kid', 'use', 'alg', 'n', 'e', 'crv', 'x', 'y'] as const;

const prefixOf = (realm: string): string => `mock.realm-keys.${realm}/`;

/** A public signature key with its kid, of which nothing but the known members is kept. Throws `keyUnusable`. */
function publicJwk(jwk: unknown): JsonWebKey & { kid: string } {
  const key = publicKeyOf(jwk);
  if (!key) throw errors.keyUnusable('it is not a public key, or has private members');
  const given = jwk as JsonWebKey;
  const { kid, kty, use } = given;
  if (typeof kid !== 'string' || kid === '' || kid.length > longestKid)
    throw errors.keyUnusable('kid is missing or too long');
  if (!types.includes(kty ?? '') || (use !== undefined && use !== 'sig'))
    throw errors.keyUnusable(`kty is ${String(kty)}, use is ${String(use)}`);
  if (kty === 'RSA' && (key.asymmetricKeyDetails?.modulusLength ?? 0) < 2048)
    throw errors.keyUnusable('an RSA key has 2048 bits or more (RFC 7518 section 3.3)');
  const kept = members.filter((name) => typeof given[name] === 'string').map((name) => [name, given[name]]);
  return { ...(Object.fromEntries(kept) as JsonWebKey), kid };
}

/**
 * Public keys that testers add to a realm, so that they can sign ID and logout tokens themselves: they stand in its `certs`.
 * Each key is a setting of its own, so two additions at the same time never lose one.
 */
export class RealmKeys {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The keys of a realm by kid. Throws `realmUnknown`. */
  async list(realm: string): Promise<JsonWebKey[]> {
    const prefix = this.#prefix(realm);
    const rows = await this.#database.all<{ value: string }>(
      sql(
        'SELECT value FROM setting WHERE substr(name, 1, ?) = ? ORDER BY name LIMIT ?',
        prefix.length,
        prefix,
        mostKeys,
      ),
    );
    return rows.map(({ value }) => JSON.parse(value) as JsonWebKey);
  }

  /** Adds a key, or puts it in the place of the one with its kid; answers with what is kept. Throws `realmUnknown`, `keyUnusable` or `keysFull`. */
  async add(realm: string, jwk: unknown): Promise<JsonWebKey> {
    const prefix = this.#prefix(realm);
    const kept = publicJwk(jwk);
    const others = (await this.list(realm)).filter(({ kid }) => kid !== kept.kid);
    if (others.length >= mostKeys) throw errors.keysFull(`${realm} has ${others.length}`);
    await this.#database.run(
      sql(
        'INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
        `${prefix}${sha256(kept.kid)}`,
        JSON.stringify(kept),
      ),
    );
    return kept;
  }

  /** Takes a key away; false when the realm has none with this kid. Throws `realmUnknown`. */
  async remove(realm: string, kid: string): Promise<boolean> {
    const name = `${this.#prefix(realm)}${sha256(kid)}`;
    return (await this.#database.run(sql('DELETE FROM setting WHERE name = ?', name))).changes === 1;
  }

  /** Takes every key of every realm away: for a reset. */
  async clear(): Promise<void> {
    await this.#database.run(sql("DELETE FROM setting WHERE substr(name, 1, 16) = 'mock.realm-keys.'"));
  }

  #prefix(realm: string): string {
    if (!realmOf(realm, '')) throw errors.realmUnknown(`${realm.slice(0, 80)} was asked for`);
    return prefixOf(realm);
  }
}
