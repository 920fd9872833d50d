import { createPrivateKey, generateKeyPair, type KeyObject, X509Certificate } from 'node:crypto';
import { promisify } from 'node:util';
import type { Clock } from '@alongside/kernel/clock';
import type { Ask, Call } from '@alongside/kernel/in-process';
import { jsonOrUndefined } from '@alongside/kernel/json';
import type { Vault } from '@alongside/kernel/secrets';
import {
  paths,
  type SigningCertificate,
  type SigningCertificateOrder,
  type SigningCertificateStatus,
} from '../cis/protocol.ts';
import { type Database, sql } from '../storage/database.ts';
import { type RowOf, row, text } from '../storage/row.ts';
import { errors } from './errors.ts';

const keyRow = row('person_signing_key', { serial: text, certificate: text, private_sealed: text });

// In the thread pool: making a key takes a tenth of a second or more.
const generate = promisify(generateKeyPair) as (
  type: 'rsa',
  options: { modulusLength: number },
) => Promise<{ publicKey: KeyObject; privateKey: KeyObject }>;

const sealName = 'person-signing-key';
const day = 86_400_000;
/** Milliseconds before the end of a certificate at which a new one is made. */
const renewal = 30 * day;

/** The key of a person, and its certificate as base64 of DER. */
export interface SigningKey {
  privateKey: KeyObject;
  certificate: string;
  serial: string;
}

/**
 * The keys with which the service signs for people: RSA-2048, made at the first signature, with the private part encrypted under the
 * master key. CIS certifies them, and knows whether a certificate was revoked.
 */
export class PersonKeys {
  readonly #database: Database;
  readonly #vault: Vault;
  readonly #clock: Clock;
  readonly #cis: { ask: Ask; secret: string };

  constructor(parts: { database: Database; vault: Vault; clock: Clock; cis: { ask: Ask; secret: string } }) {
    this.#database = parts.database;
    this.#vault = parts.vault;
    this.#clock = parts.clock;
    this.#cis = parts.cis;
  }

  /** Returns the key of a person, and makes one if there is none with a valid certificate. @throws Refusal */
  async ensure(uid: string): Promise<SigningKey> {
    const stored = await this.#read(uid);
    if (stored && (await this.#isUsable(stored))) return this.#opened(stored);
    const { privateKey, ...issued } = await this.make(uid);
    const sealed = this.#vault.seal(sealName, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
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
        sealed,
        this.#clock.now(),
        stored?.serial ?? '',
      ),
    );
    if (changes === 1) return { privateKey, ...issued };
    const winner = await this.#read(uid);
    if (!winner) throw errors.certificateUnavailable('the key was removed while it was made');
    return this.#opened(winner);
  }

  /** Makes a key with its certificate, and stores neither. @throws Refusal */
  async make(uid: string): Promise<SigningKey> {
    const { publicKey, privateKey } = await generate('rsa', { modulusLength: 2_048 });
    const key = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
    return { privateKey, ...(await this.#order({ uid, key })) };
  }

  /** Makes a key with a certificate that is revoked at once, for a fault. @throws Refusal */
  async makeRevoked(uid: string): Promise<SigningKey> {
    const key = await this.make(uid);
    await this.#call(paths.signingCertificate(key.serial), { method: 'DELETE' });
    return key;
  }

  #read(uid: string) {
    return this.#database.get(
      sql('SELECT serial, certificate, private_sealed FROM person_signing_key WHERE uid = ?', uid),
      keyRow,
    );
  }

  #opened({ serial, certificate, private_sealed }: RowOf<typeof keyRow>): SigningKey {
    return { serial, certificate, privateKey: createPrivateKey(this.#vault.open(sealName, private_sealed)) };
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
