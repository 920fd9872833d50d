import type { Clock } from '@alongside/kernel/clock';
import { actors } from '@alongside/kernel/errors';
import { isObject } from '@alongside/kernel/json';
import { callerNetwork } from '@alongside/kernel/networks';
import { withCurrentNames } from '@alongside/kernel/refusal-facts';
import type { RefusalRecord, RefusalRecorder } from '@alongside/kernel/refusals';
import { sha256 } from '@alongside/kernel/secrets';
import { z } from 'zod';
import { batchSize, inBatches } from './batches.ts';
import { type Database, sql } from './database.ts';
import { computed, integer, json, nullable, row } from './row.ts';

const length = 600_000;
/** Maximum number of networks counted separately. */
const maxNetworks = 10_000;

/** Limits what one network may have stored in ten minutes, so that it cannot displace what others did. */
export class NetworkWindow {
  readonly #clock: Clock;
  readonly #most: number;
  readonly #counts = new Map<string, number>();
  #end = 0;

  constructor(clock: Clock, most: number) {
    this.#clock = clock;
    this.#most = most;
  }

  /** Counts one more of the network of an address. Returns whether it is within the limit. */
  admits(address: string): boolean {
    const now = this.#clock.now();
    if (now >= this.#end || this.#counts.size > maxNetworks) {
      this.#counts.clear();
      this.#end = now + length;
    }
    const network = callerNetwork(address);
    const count = this.#counts.get(network) ?? 0;
    this.#counts.set(network, count + 1);
    return count < this.#most;
  }
}

export type StoredRefusal = Omit<RefusalRecord, 'requestId' | 'correlationId'> & {
  /** ISO 8601 time. */
  at: string;
};

/** The newest refusal for an id, and the message ids of earlier ones. */
export type FoundRefusal = StoredRefusal & { earlier: string[] };

export interface RefusalLimits {
  /** Maximum number of stored refusals; the oldest are removed. */
  stored: number;
  /** Maximum number of refusals that wait to be written; more are dropped. */
  waiting: number;
  /** Maximum number of refusals of one network in ten minutes, so that it cannot displace those of others. */
  ofNetwork: number;
}

const usual: RefusalLimits = { stored: 100_000, waiting: 2_000, ofNetwork: 5_000 };
const keptFor = 7 * 86_400_000;
/** Milliseconds for which refusals are collected before they are written. */
const gather = 50;
const maxEarlier = 20;
const maxSearched = 1_000;

/** The members of every stored refusal. */
export const refusalMembers = {
  messageId: z.string(),
  service: z.string(),
  error: z.string(),
  code: z.string(),
  status: z.number(),
  description: z.string(),
  // Rows of earlier versions have none.
  expected: z.string().default(''),
  detail: z.string(),
  fix: z.string(),
  actor: z.enum(actors),
  source: z.string(),
  method: z.string(),
  path: z.string(),
};
const refusalShape: z.ZodType<Omit<StoredRefusal, 'at'>> = z.looseObject({
  ...refusalMembers,
  facts: z
    .preprocess(
      (facts) => (isObject(facts) ? withCurrentNames(facts) : facts),
      z.custom<RefusalRecord['facts']>(),
    )
    .optional(),
});
const refusalRow = row('refusal', { at: integer, body: json(refusalShape) });
const newestRow = row('refusal', { last: computed(nullable(integer)) });

const hashOf = (id: string | undefined): string | null => (id === undefined ? null : sha256(id));

interface Waiting {
  at: number;
  record: RefusalRecord;
}

/** The refusals of the installation, written in groups after the responses, and found by message, request or correlation id. */
export class Refusals implements RefusalRecorder {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #limits: RefusalLimits;
  readonly #onLost: (error: unknown) => void;
  readonly #networks: NetworkWindow;
  #waiting: Waiting[] = [];
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  /** Number of refusals written since the last count of stored ones. */
  #sinceTrim = batchSize;

  constructor(
    database: Database,
    clock: Clock,
    {
      limits = usual,
      onLost = () => undefined,
    }: { limits?: RefusalLimits; onLost?: (error: unknown) => void } = {},
  ) {
    this.#database = database;
    this.#clock = clock;
    this.#limits = limits;
    this.#onLost = onLost;
    this.#networks = new NetworkWindow(clock, limits.ofNetwork);
  }

  record(record: RefusalRecord, address: string): void {
    if (this.#waiting.length >= this.#limits.waiting || !this.#networks.admits(address)) return;
    this.#waiting.push({ at: this.#clock.now(), record });
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.keep().catch(this.#onLost);
    }, gather).unref();
  }

  /** Writes all refusals recorded so far. */
  keep(): Promise<void> {
    if (this.#waiting.length === 0) return this.#writing;
    this.#writing = this.#writing.catch(() => undefined).then(() => this.#write());
    return this.#writing;
  }

  /** Returns the newest refusal with this message, request or correlation id. */
  async find(id: string): Promise<FoundRefusal | undefined> {
    await this.keep();
    const hash = sha256(id);
    const rows = await this.#database.all(
      sql(
        `SELECT at, body FROM refusal WHERE message_id = ? OR request_hash = ? OR correlation_hash = ?
         ORDER BY seq DESC LIMIT ?`,
        id,
        hash,
        hash,
        maxEarlier + 1,
      ),
      refusalRow,
    );
    const [newest, ...earlier] = rows.map(({ at, body }) => ({
      at: new Date(at).toISOString(),
      ...body,
    }));
    return newest && { ...newest, earlier: earlier.map(({ messageId }) => messageId) };
  }

  /** Returns the refusals of the last thousand that fit, the newest first; only those after a number, if one is given. */
  async newest(
    fits: (refusal: Omit<StoredRefusal, 'at'>) => boolean,
    most: number,
    after = 0,
  ): Promise<FoundRefusal[]> {
    await this.keep();
    const rows = await this.#database.all(
      sql(`SELECT at, body FROM refusal WHERE seq > ? ORDER BY seq DESC LIMIT ${maxSearched}`, after),
      refusalRow,
    );
    return rows
      .filter(({ body }) => fits(body))
      .slice(0, most)
      .map(({ at, body }) => ({ at: new Date(at).toISOString(), ...body, earlier: [] }));
  }

  /** Returns the number of the newest refusal; 0 without refusals. */
  async last(): Promise<number> {
    await this.keep();
    const newest = await this.#database.get(sql('SELECT MAX(seq) AS last FROM refusal'), newestRow);
    return newest?.last ?? 0;
  }

  /** Removes refusals older than a week or above the limit. Returns whether more remain. */
  sweep(): Promise<boolean> {
    return inBatches(() => this.#sweepSome());
  }

  async #sweepSome(): Promise<number> {
    const last = await this.#database.get(sql('SELECT MAX(seq) AS last FROM refusal'), newestRow);
    // By number, not by time: times are not indexed, and the oldest refusals have the lowest numbers.
    const { changes } = await this.#database.run(
      sql(
        `DELETE FROM refusal WHERE seq IN (SELECT seq FROM refusal WHERE seq > 0 ORDER BY seq LIMIT ${batchSize})
         AND (at < ? OR seq <= ?)`,
        this.#clock.now() - keptFor,
        (last?.last ?? 0) - this.#limits.stored,
      ),
    );
    return changes;
  }

  async #write(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    await this.#database.batch(
      waiting.map(({ at, record: { requestId, correlationId, ...record } }) =>
        sql(
          'INSERT INTO refusal (message_id, request_hash, correlation_hash, at, body) VALUES (?, ?, ?, ?, ?)',
          record.messageId,
          hashOf(requestId),
          hashOf(correlationId),
          at,
          JSON.stringify(record),
        ),
      ),
      { lazy: true },
    );
    this.#sinceTrim += waiting.length;
    if (this.#sinceTrim < batchSize) return;
    this.#sinceTrim = 0;
    // Cuts a flood between two rounds of the regular work at once.
    await this.sweep();
  }
}
