import { createPrivateKey, createPublicKey, type KeyObject, sign, X509Certificate } from 'node:crypto';
import { promisify } from 'node:util';
import type { Clock } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import type { Ask, Call } from '@alongside/kernel/in-process';
import { jsonOrUndefined } from '@alongside/kernel/json';
import { type KeyToken, newPairIn, removeFromToken, tokenKeyOf } from '@alongside/kernel/key-pairs';
import type { Log } from '@alongside/kernel/log';
import { OperatorError } from '@alongside/kernel/operator';
import type { Vault } from '@alongside/kernel/secrets';
import {
  paths,
  type SigningCertificate,
  type SigningCertificateOrder,
  type SigningCertificateStatus,
} from '../cis/protocol.ts';
import { type Database, sql } from '../storage/database.ts';
import { row, text } from '../storage/row.ts';
import type { SigningDependencies } from './dependencies.ts';
import { errors } from './errors.ts';
import type { SignatureAlgorithm } from './request/claims.ts';

const keyRow = row('person_signing_key', { serial: text, certificate: text, private_sealed: text });

const signInPool = promisify(sign) as (digest: string, data: Uint8Array, key: KeyObject) => Promise<Buffer>;

const digests: Readonly<Record<SignatureAlgorithm, string>> = { RS1: 'sha1', RS256: 'sha256' };

const sealName = 'person-signing-key';
const day = 86_400_000;
/** Milliseconds before the end of a certificate at which a new one is made. */
const renewal = 30 * day;

/** A key with its certificate as base64 of DER; the private part is PKCS#8 PEM, or names a key in the token. */
type StoredKey = SigningCertificate & { privatePem: string };

/** The key of a person, and its certificate as base64 of DER. */
export interface SigningKey {
  /** Signs bytes with RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2). */
  sign: (algorithm: SignatureAlgorithm, data: Buffer) => Promise<Buffer>;
  certificate: string;
  serial: string;
}

/**
 * The keys with which the service signs for people: RSA-2048, made at the first signature, in a token or with the private part encrypted
 * under the master key. CIS certifies them, and knows whether a certificate was revoked.
 */
export class PersonKeys {
  readonly #database: Database;
  readonly #vault: Vault;
  readonly #token: KeyToken | undefined;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #cis: { ask: Ask; secret: string };

  constructor(parts: Pick<SigningDependencies, 'database' | 'vault' | 'token' | 'clock' | 'log' | 'cis'>) {
    this.#database = parts.database;
    this.#vault = parts.vault;
    this.#token = parts.token;
    this.#clock = parts.clock;
    this.#log = parts.log;
    this.#cis = parts.cis;
  }

  /** Returns the key of a person, and makes one if there is none with a valid certificate. @throws Refusal */
  async ensure(uid: string): Promise<SigningKey> {
    const stored = await this.#read(uid);
    if (stored && (await this.#isUsable(stored))) return this.#opened(stored);
    const { privatePem, ...issued } = await this.#make(uid, this.#token);
    // Of concurrent first signatures one key stays; the others read it.
    const { changes } = await this.#database.run(
      sql(
        `INSERT INTO person_signing_key (uid, serial, certificate, private_sealed, created_at) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (uid) DO UPDATE SET serial = excluded.serial, certificate = excluded.certificate,
           private_sealed = excluded.private_sealed, created_at = excluded.created_at
         WHERE person_signing_key.serial = ?`,
        uid,
        issued.serial,
        issued.certificate,
        this.#vault.seal(sealName, privatePem),
        this.#clock.now(),
        stored?.serial ?? '',
      ),
    );
    const hasWon = changes === 1;
    await this.#discard(hasWon ? stored?.privatePem : privatePem);
    if (hasWon) return this.#opened({ privatePem, ...issued });
    const winner = await this.#read(uid);
    if (!winner) throw errors.certificateUnavailable('the key was removed while it was made');
    return this.#opened(winner);
  }

  /** Makes a key with its certificate, and stores neither, for a fault. @throws Refusal */
  async makeUnstored(uid: string): Promise<SigningKey> {
    return this.#opened(await this.#make(uid, undefined));
  }

  /** Makes a key with a certificate that is revoked at once, for a fault. @throws Refusal */
  async makeRevoked(uid: string): Promise<SigningKey> {
    const key = await this.makeUnstored(uid);
    await this.#call(paths.signingCertificate(key.serial), { method: 'DELETE' });
    return key;
  }

  async #make(uid: string, token: KeyToken | undefined): Promise<StoredKey> {
    const { privatePem, publicJwk } = await newPairIn(token, 'RS256', `alongside signing ${uid}`);
    const key = createPublicKey({ key: publicJwk, format: 'jwk' })
      .export({ type: 'spki', format: 'der' })
      .toString('base64');
    try {
      return { privatePem, ...(await this.#order({ uid, key })) };
    } catch (error) {
      await this.#discard(privatePem);
      throw error;
    }
  }

  /** Removes a key without use from its token. The token keeps one that cannot be removed now. */
  async #discard(privatePem = ''): Promise<void> {
    await removeFromToken(this.#token, privatePem).catch((error: unknown) =>
      this.#log.warn({ detail: reasonOf(error) }, 'a key without use stays in the token'),
    );
  }

  async #read(uid: string): Promise<StoredKey | undefined> {
    const found = await this.#database.get(
      sql('SELECT serial, certificate, private_sealed FROM person_signing_key WHERE uid = ?', uid),
      keyRow,
    );
    if (!found) return undefined;
    const { serial, certificate, private_sealed } = found;
    return { serial, certificate, privatePem: this.#vault.open(sealName, private_sealed) };
  }

  #opened({ privatePem, ...issued }: StoredKey): SigningKey {
    const name = tokenKeyOf(privatePem);
    if (name === undefined) {
      const key = createPrivateKey(privatePem);
      return { ...issued, sign: (algorithm, data) => signInPool(digests[algorithm], data, key) };
    }
    const token = this.#token;
    if (!token) throw new OperatorError('The signing keys of people are in a token: set --signing-module.');
    return { ...issued, sign: (algorithm, data) => token.sign(algorithm, name, data) };
  }

  async #isUsable({ serial, certificate }: { serial: string; certificate: string }): Promise<boolean> {
    const { validToDate } = new X509Certificate(Buffer.from(certificate, 'base64'));
    if (validToDate.getTime() - renewal <= this.#clock.now()) return false;
    const { body } = await this.#call(paths.signingCertificate(serial));
    return (body as unknown as SigningCertificateStatus).state === 'valid';
  }

  async #order(order: SigningCertificateOrder): Promise<SigningCertificate> {
    const { status, body } = await this.#call(paths.signingCertificates, {
      method: 'POST',
      body: JSON.stringify(order),
    });
    if (status === 403 || status === 404)
      throw errors.certificateRefused(`CIS answered ${String(body.error)}`);
    const { serial, certificate } = body;
    if (status !== 201 || typeof serial !== 'string' || typeof certificate !== 'string')
      throw errors.certificateUnavailable(`CIS answered ${status}`);
    return { serial, certificate };
  }

  async #call(path: string, call: Call = {}): Promise<{ status: number; body: Record<string, unknown> }> {
    const headers = { authorization: `Bearer ${this.#cis.secret}`, 'content-type': 'application/json' };
    try {
      const { status, body } = await this.#cis.ask(path, { ...call, headers });
      if (status >= 500) throw new Error(`it answered ${status}`);
      return { status, body: (jsonOrUndefined(body) ?? {}) as Record<string, unknown> };
    } catch (error) {
      throw errors.certificateUnavailable(`CIS at ${path}: ${String(error)}`, {}, error);
    }
  }
}
