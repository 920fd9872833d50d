import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import type { Clock } from './clock.ts';
import { randomBase64, randomToken } from './ids.ts';
import {
  decodeJwt,
  type JsonWebKey,
  type JwsHeader,
  type JwtClaims,
  type RemoteKey,
  type SigningAlgorithm,
  signJwt,
  verifySignature,
} from './jws.ts';
import { type KeyToken, newPairIn, removeFromToken, type StoredPair, tokenKeyOf } from './key-pairs.ts';
import { OperatorError } from './operator.ts';

/** A stored signing key of a service. All times are in milliseconds. */
export interface SigningKeyRecord extends StoredPair {
  service: string;
  kid: string;
  algorithm: SigningAlgorithm;
  /** Time from which it is in the key set. */
  announcedAt: number;
  /** Time from which it signs. */
  signsFrom: number;
  /** Time until which it signs; null while no successor is planned. */
  signsUntil: number | null;
  /** Time at which it leaves the key set; null while it signs. */
  removedAt: number | null;
}

/** Storage of signing keys. */
export interface KeyStore {
  list(service: string): Promise<SigningKeyRecord[]>;
  /** Stores the first key. Returns false if another process stored one for this service and algorithm. */
  addFirst(record: SigningKeyRecord): Promise<boolean>;
  save(records: readonly SigningKeyRecord[]): Promise<void>;
  /**
   * Stores a successor and the end of its predecessor. Returns false if the predecessor already has a
   * successor, for example of another process.
   */
  succeed(before: SigningKeyRecord, successor: SigningKeyRecord): Promise<boolean>;
}

const day = 86_400_000;
/** Default rotation schedule: announced 14 days, used 90 days, kept 14 days for verification. */
export const rotationSchedule = { announce: 14 * day, sign: 90 * day, retire: 14 * day };

/** A JWK set (RFC 7517 section 5). */
export interface KeySet {
  keys: JsonWebKey[];
}

interface LoadedKey extends SigningKeyRecord {
  privateKey: KeyObject | RemoteKey;
  publicKey: KeyObject;
  /** The protected headers of its signatures by `typ`. */
  headers: Map<string, JwsHeader>;
}

export interface SigningOptions {
  algorithm: SigningAlgorithm;
  typ?: string;
  /** Omits the key id, for tests of a verifier. */
  withoutKid?: boolean;
}

/** Signs tokens. */
export interface TokenSigner {
  sign(claims: JwtClaims, options: SigningOptions): Promise<string>;
}

/**
 * Style of new key ids: URL-safe, or plain base64 (20 bytes, so with `+`, `/` and `=`), which requires
 * clients that treat a `kid` as opaque.
 */
export type KidStyle = 'urlSafe' | 'base64';

const kidOf: Record<KidStyle, () => string> = {
  urlSafe: () => randomToken(15),
  base64: () => randomBase64(20),
};

/** The signing keys of one service, read again from the store when they may have changed. */
export class SigningKeys implements TokenSigner {
  readonly #service: string;
  readonly #store: KeyStore;
  readonly #clock: Clock;
  readonly #kids: KidStyle;
  readonly #token: KeyToken | undefined;
  readonly #loaded = new Map<string, LoadedKey>();
  #list: readonly LoadedKey[] | Promise<readonly LoadedKey[]> | undefined;
  /** The key set of the last call, with the keys that it was made of. */
  #published: { of: readonly LoadedKey[]; set: KeySet } = { of: [], set: { keys: [] } };

  /** @param token creates new keys; keys of earlier starts without one stay in use until their successors sign */
  constructor(service: string, store: KeyStore, clock: Clock, kids: KidStyle = 'urlSafe', token?: KeyToken) {
    this.#service = service;
    this.#store = store;
    this.#clock = clock;
    this.#kids = kids;
    this.#token = token;
  }

  /**
   * Reads every key from the store. Throws if one cannot be decrypted, if its public part would not verify its signatures, or if a
   * token does not sign with a key whose signatures are still published.
   */
  async reread(): Promise<void> {
    for (const { kid, algorithm, privateKey, publicKey, publicJwk, removedAt } of await this.#read()) {
      if (typeof privateKey === 'function') {
        if (removedAt !== null && removedAt <= this.#clock.now()) continue;
        const probe = decodeJwt(await signJwt({ alg: algorithm, typ: 'probe' }, {}, privateKey));
        if (probe && (await verifySignature(probe, algorithm, publicKey))) continue;
        throw new Error(`The public part of the key ${kid} does not verify a signature of its token.`);
      }
      const own = createPublicKey(privateKey).export({ format: 'jwk' });
      for (const [name, value] of Object.entries(own))
        if (publicJwk[name as keyof JsonWebKey] !== value)
          throw new Error(`The public part of the key ${kid} is not that of its private part.`);
    }
  }

  /** Clears the cache, so that the next use sees another process's rotation. */
  forget(): void {
    this.#list = undefined;
  }

  /** Ensures that there is a key of this algorithm. Concurrent calls and processes agree on one. */
  async ensure(algorithm: SigningAlgorithm): Promise<void> {
    const records = await this.#store.list(this.#service);
    if (records.some((record) => record.algorithm === algorithm)) return;
    const first = await this.#fresh(algorithm, this.#clock.now());
    if (!(await this.#store.addFirst(first))) await removeFromToken(this.#token, first.privatePem);
    this.forget();
  }

  /** Signs with the current key. */
  async sign(
    claims: JwtClaims,
    { algorithm, typ = 'JWT', withoutKid = false }: SigningOptions,
  ): Promise<string> {
    const key = await this.#current(algorithm);
    if (withoutKid) return signJwt({ alg: algorithm, typ }, claims, key.privateKey);
    let header = key.headers.get(typ);
    if (!header) {
      header = Object.freeze({ alg: algorithm, typ, kid: key.kid });
      key.headers.set(typ, header);
    }
    return signJwt(header, claims, key.privateKey);
  }

  /** Signs once for each algorithm in use, with the key that signs now: a proof that these keys work. */
  async signEach(claims: JwtClaims, typ: string): Promise<string[]> {
    const algorithms = new Set((await this.#keys()).map(({ algorithm }) => algorithm));
    return Promise.all([...algorithms].map((algorithm) => this.sign(claims, { algorithm, typ })));
  }

  /**
   * Returns every public key that may verify a signature now, as a JWK set (RFC 7517 section 5): the same object until the keys
   * change, and without a promise once they are read.
   */
  jwks(): KeySet | Promise<KeySet> {
    const keys = this.#keys();
    return keys instanceof Promise ? keys.then((list) => this.#publish(list)) : this.#publish(keys);
  }

  #publish(list: readonly LoadedKey[]): KeySet {
    const now = this.#clock.now();
    const keys = list.filter(
      (key) =>
        (key.announcedAt <= now || key.signsFrom <= this.#timeOf(key.algorithm, list)) &&
        (key.removedAt ?? Infinity) > now,
    );
    const { of } = this.#published;
    if (keys.length !== of.length || keys.some((key, place) => key !== of[place])) {
      const set = {
        keys: keys.map((key) => ({ ...key.publicJwk, kid: key.kid, alg: key.algorithm, use: 'sig' })),
      };
      this.#published = { of: keys, set };
    }
    return this.#published.set;
  }

  /** Returns the public key with this kid, even if it has left the key set, because old hints must be verified. */
  async publicKey(kid: string): Promise<{ key: KeyObject; algorithm: SigningAlgorithm } | undefined> {
    const found = (await this.#keys()).find((key) => key.kid === kid);
    return found && { key: found.publicKey, algorithm: found.algorithm };
  }

  /** Returns all keys with their times, without the private part. */
  async describe(): Promise<Omit<SigningKeyRecord, 'privatePem'>[]> {
    return (await this.#keys()).map(
      ({ privatePem: _, privateKey: __, publicKey: ___, headers: ____, ...rest }) => rest,
    );
  }

  /**
   * Creates a successor for each algorithm in use: announced now and used after the announcement period, or
   * at once. The previous key stays in the key set for the retirement period after its last signature.
   */
  async rotate(when: 'scheduled' | 'now'): Promise<void> {
    const now = this.#clock.now();
    const records = await this.#store.list(this.#service);
    const algorithms = new Set(
      records.filter((record) => record.removedAt === null).map((record) => record.algorithm),
    );
    const signsFrom = when === 'now' ? now : now + rotationSchedule.announce;
    const changed: SigningKeyRecord[] = [];
    for (const algorithm of algorithms) {
      for (const record of records) {
        if (record.algorithm !== algorithm || (record.signsUntil ?? Infinity) <= signsFrom) continue;
        changed.push({ ...record, signsUntil: signsFrom, removedAt: signsFrom + rotationSchedule.retire });
      }
      changed.push({ ...(await this.#fresh(algorithm, now)), signsFrom });
    }
    await this.#store.save(changed);
    this.#loaded.clear();
    this.forget();
  }

  /**
   * Announces a successor for each key that stops signing within the announcement period. Any process may
   * call this at any time; one succeeds.
   */
  async keepSchedule(): Promise<void> {
    const now = this.#clock.now();
    const { announce, sign, retire } = rotationSchedule;
    for (const { privateKey: _, publicKey: __, headers: ___, ...record } of await this.#keys()) {
      const due = record.signsUntil === null && record.signsFrom + sign - announce <= now;
      if (!due) continue;
      // Later than planned if no process ran: no key signs before it was announced for long enough.
      const signsFrom = Math.max(record.signsFrom + sign, now + announce);
      const before = { ...record, signsUntil: signsFrom, removedAt: signsFrom + retire };
      const successor = { ...(await this.#fresh(record.algorithm, now)), signsFrom };
      if (!(await this.#store.succeed(before, successor)))
        await removeFromToken(this.#token, successor.privatePem);
      this.#loaded.delete(record.kid);
      this.forget();
    }
  }

  async #fresh(algorithm: SigningAlgorithm, now: number): Promise<SigningKeyRecord> {
    const kid = kidOf[this.#kids]();
    const pair = await newPairIn(this.#token, algorithm, `alongside ${this.#service} ${kid}`);
    return {
      service: this.#service,
      kid,
      algorithm,
      ...pair,
      announcedAt: now,
      signsFrom: now,
      signsUntil: null,
      removedAt: null,
    };
  }

  #privateKeyOf({ kid, algorithm, privatePem }: SigningKeyRecord): KeyObject | RemoteKey {
    const key = tokenKeyOf(privatePem);
    if (key === undefined) return createPrivateKey(privatePem);
    const token = this.#token;
    if (!token)
      throw new OperatorError(
        `The ${algorithm} key ${kid} of ${this.#service} is in a token: set --signing-module.`,
      );
    return (data) => token.sign(algorithm, key, data);
  }

  async #current(algorithm: SigningAlgorithm): Promise<LoadedKey> {
    const found = this.#turnOf(algorithm, await this.#keys());
    if (found) return found;
    await this.ensure(algorithm);
    const made = this.#turnOf(algorithm, await this.#keys());
    if (!made) throw new Error(`${this.#service} has no ${algorithm} key whose turn it is; rotate its keys.`);
    return made;
  }

  /** Returns the time by which the key of an algorithm is chosen: a clock set back before the first key must not end all sign-ins. */
  #timeOf(algorithm: SigningAlgorithm, keys: readonly LoadedKey[]): number {
    let first = Infinity;
    for (const key of keys) if (key.algorithm === algorithm) first = Math.min(first, key.signsFrom);
    return Math.max(this.#clock.now(), first);
  }

  /** Returns the current signing key of this algorithm. */
  #turnOf(algorithm: SigningAlgorithm, keys: readonly LoadedKey[]): LoadedKey | undefined {
    const now = this.#timeOf(algorithm, keys);
    let newest: LoadedKey | undefined;
    for (const key of keys)
      if (key.algorithm === algorithm && key.signsFrom <= now && (key.signsUntil ?? Infinity) > now)
        if (!newest || key.signsFrom > newest.signsFrom) newest = key;
    return newest;
  }

  #keys(): readonly LoadedKey[] | Promise<readonly LoadedKey[]> {
    if (this.#list) return this.#list;
    const reading = this.#read();
    this.#list = reading;
    const settle = (list?: readonly LoadedKey[]) => {
      if (this.#list === reading) this.#list = list;
    };
    // A failed read must not fail every later signature.
    reading.then(settle, () => settle());
    return reading;
  }

  async #read(): Promise<LoadedKey[]> {
    const records = await this.#store.list(this.#service);
    return records.map((record) => {
      const before = this.#loaded.get(record.kid);
      const key: LoadedKey = {
        ...record,
        privateKey: before?.privateKey ?? this.#privateKeyOf(record),
        publicKey: before?.publicKey ?? createPublicKey({ key: record.publicJwk, format: 'jwk' }),
        headers: before?.headers ?? new Map(),
      };
      this.#loaded.set(record.kid, key);
      return key;
    });
  }
}
