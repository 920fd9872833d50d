import type { Clock } from '@alongside/kernel/clock';
import { sha256 } from '@alongside/kernel/secrets';
import { type Database, sql } from '../../storage/database.ts';
import type { Authorities, Authority } from '../issuing-authority/authority.ts';
import type { CertificateRecord, CertificateRecords } from '../issuing-authority/certificate-records.ts';
import { reasonNumber } from './status.ts';

/** Milliseconds for which a CRL or an OCSP response of CIS is valid, and after which the CRL is signed again. */
export const ownRevocation = { valid: 3_600_000, renewed: 1_800_000 } as const;

const numberSetting = 'cis.crl.number';

interface SignedCrl {
  der: Buffer;
  at: number;
  content: string;
}

/** The CRL of the authority of this installation. It is signed again as soon as a card is revoked. */
export class OwnCrl {
  readonly #database: Database;
  readonly #authorities: Authorities;
  readonly #records: CertificateRecords;
  readonly #clock: Clock;
  #latest: Promise<SignedCrl> | undefined;

  constructor(database: Database, authorities: Authorities, records: CertificateRecords, clock: Clock) {
    this.#database = database;
    this.#authorities = authorities;
    this.#records = records;
    this.#clock = clock;
  }

  /** Returns the CRL as DER. */
  async current(): Promise<Buffer> {
    const now = this.#clock.now();
    const authority = await this.#authorities.ensure('own');
    const revoked = await this.#records.revoked(now);
    const content = sha256(
      JSON.stringify([authority.certificate.fingerprint256, revoked.map(({ serial }) => serial)]),
    );
    const latest = await this.#latest?.catch(() => undefined);
    const age = now - (latest?.at ?? Number.NEGATIVE_INFINITY);
    if (latest && latest.content === content && age >= 0 && age < ownRevocation.renewed) return latest.der;
    this.#latest = this.#sign(content, now, authority, revoked);
    return (await this.#latest).der;
  }

  /** Returns from when and until when the current CRL is valid, in milliseconds. */
  async validity(): Promise<{ thisUpdate: number; nextUpdate: number }> {
    await this.current();
    const at = (await this.#latest)?.at ?? this.#clock.now();
    return { thisUpdate: at, nextUpdate: at + ownRevocation.valid };
  }

  async #sign(
    content: string,
    now: number,
    authority: Authority,
    revoked: readonly CertificateRecord[],
  ): Promise<SignedCrl> {
    const { buildCrl } = await import('./crl-builder.ts');
    const der = await buildCrl(
      {
        issuer: authority.name,
        issuerKey: authority.publicKey,
        number: await this.#nextNumber(),
        thisUpdate: now,
        nextUpdate: now + ownRevocation.valid,
        revoked: revoked.map(({ serial, revokedAt, revocationReason }) => ({
          serial,
          at: Math.min(revokedAt ?? now, now),
          reason: reasonNumber(revocationReason),
        })),
      },
      authority.signWith,
    );
    return { der, at: now, content };
  }

  /** Increments in storage, so the number grows across processes and when the clock goes back. */
  async #nextNumber(): Promise<number> {
    const { rows } = await this.#database.run(
      sql(
        `INSERT INTO setting (name, value) VALUES (?, '1') ON CONFLICT (name)
         DO UPDATE SET value = CAST(CAST(setting.value AS BIGINT) + 1 AS TEXT) RETURNING value`,
        numberSetting,
      ),
    );
    return Number(rows[0]?.value ?? 1);
  }
}
