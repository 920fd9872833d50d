import type { Background } from '@alongside/kernel/background';
import type { Clock } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import { randomToken } from '@alongside/kernel/ids';
import type { Log } from '@alongside/kernel/log';
import { isDue } from '@alongside/kernel/retry';
import type { z } from 'zod';
import { removeOld } from './batches.ts';
import { type Database, must, type Statement, sql, type Value } from './database.ts';
import { integer, nullable, oneOf, type RowOf, row, storedJson, text } from './row.ts';

/** A kind of message. All times are milliseconds. */
export interface Topic<B> {
  /** As stored: never rename it. A literal without quotes. */
  readonly name: string;
  readonly shape: z.ZodType<B>;
  /** Waits before the further attempts. The outbox gives up a message when the attempt after the last wait fails. */
  readonly waits: readonly number[];
  /** Time for which one process has a message to itself. An attempt takes less than half of it. */
  readonly hold: number;
  /** Time for which messages are stored, sent or not. */
  readonly keptFor: number;
  /** Deletes a message once it is delivered, because its text concerns a person and it is never listed. */
  readonly forgetsDelivered?: boolean;
  /** Sends one message at a time in this process. By default, messages with different keys are sent at once. */
  readonly isSequential?: boolean;
  /** Retries by timers of this process. By default, only the regular work retries. */
  readonly hasTimers?: boolean;
}

const messageRow = row('outbox', {
  seq: integer,
  id: text,
  key: text,
  body: text,
  state: oneOf('pending', 'delivered', 'givenUp'),
  attempts: integer,
  result: text,
  holder: text,
  held_until: integer,
  created_at: integer,
  due_at: integer,
  tried_at: nullable(integer),
});
type MessageRow = RowOf<typeof messageRow>;

/** A message as it is stored. */
export interface Message<B> {
  readonly id: string;
  readonly body: B;
  readonly state: MessageRow['state'];
  /** Number of attempts so far, with one under way. */
  readonly attempts: number;
  /** Result of the last attempt; empty before. */
  readonly result: string;
  readonly createdAt: number;
  readonly dueAt: number;
  readonly triedAt: number | null;
}

/** One attempt to send a message. */
export interface Attempt<B> {
  readonly id: string;
  readonly key: string;
  readonly body: B;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** Wait before the next attempt if this one fails; undefined for the last attempt. */
  readonly nextWait: number | undefined;
  /** Aborted when this process stops: an attempt that rejects from then on does not count. */
  readonly ending: AbortSignal;
}

export interface Outcome {
  readonly delivered: boolean;
  readonly result: string;
  /** Writes of the batch that stores the outcome. */
  readonly others?: readonly Statement[];
}

export interface OutboxDependencies {
  database: Database;
  clock: Clock;
  background: Background;
  log: Log;
}

/** Returns the number of messages that wait to be sent, now or later. */
export async function pendingMessages(database: Database): Promise<number> {
  const counted = await database.get(
    sql("SELECT CAST(COUNT(*) AS INTEGER) AS count FROM outbox WHERE state = 'pending'"),
  );
  return Number(counted?.count);
}

/** Maximum number of messages that one process takes at once. */
const maxTaken = 200;

function byKey(messages: readonly MessageRow[]): Iterable<MessageRow[]> {
  const groups = new Map<string, MessageRow[]>();
  for (const message of messages) {
    const group = groups.get(message.key);
    if (group) group.push(message);
    else groups.set(message.key, [message]);
  }
  return groups.values();
}

/**
 * Messages of one topic, for any number of processes. A message is written in the batch of the act that it reports, so none is
 * lost. One process at a time holds and sends it; if that process dies, another sends it again. Messages with the same key are
 * sent in order, and each waits until the one before it was delivered or given up.
 */
export class Outbox<B> {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #background: Background;
  readonly #log: Log;
  readonly #topic: Topic<B>;
  readonly #send: (attempt: Attempt<B>) => Promise<Outcome>;
  /** Holder of the messages that this process wrote or tried last. Each take has its own holder. */
  readonly #holder = randomToken(12);
  readonly #maxWait: number;
  readonly #running = new Set<Promise<void>>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #taking: Promise<unknown> = Promise.resolve();
  #nextTake: Promise<number> | undefined;
  #nextDueBy = 0;

  constructor(
    { database, clock, background, log }: OutboxDependencies,
    topic: Topic<B>,
    send: (attempt: Attempt<B>) => Promise<Outcome>,
  ) {
    this.#database = database;
    this.#clock = clock;
    this.#background = background;
    this.#log = log;
    this.#topic = topic;
    this.#maxWait = Math.max(0, ...topic.waits);
    this.#send = send;
    background.ending.addEventListener('abort', () => this.#stop());
  }

  /**
   * Returns the statement that adds a message, for the batch of its act; it adds nothing if the topic has this id. Call `run`
   * after the batch: other processes leave the message to this one for a while.
   * @param state `givenUp` stores a message that is never sent
   */
  enqueueStatement(key: string, body: B, id: string, state: 'pending' | 'givenUp' = 'pending'): Statement {
    const now = this.#clock.now();
    return sql(
      `INSERT INTO outbox (topic, id, key, body, state, attempts, result, holder, held_until, created_at, due_at)
       VALUES (?, ?, ?, ?, ?, 0, '', ?, ?, ?, ?) ON CONFLICT (topic, id) DO NOTHING`,
      this.#topic.name,
      id,
      key,
      JSON.stringify(body),
      state,
      this.#holder,
      now + this.#topic.hold,
      now,
      now,
    );
  }

  /** Sends due messages. Resolves when each was tried. Returns whether more are due. */
  async run(): Promise<boolean> {
    return (await this.#run(this.#clock.now())) === maxTaken;
  }

  /**
   * Sends a message at once, whatever its state, and returns it afterwards; undefined for an unknown id. If an attempt is under
   * way, waits for it instead; if it is another process's, returns the message as it is.
   */
  async sendAgain(id: string): Promise<Message<B> | undefined> {
    const found = await this.#database.get(
      sql('SELECT * FROM outbox WHERE topic = ? AND id = ?', this.#topic.name, id),
      messageRow,
    );
    if (!found) return undefined;
    const [taken] = this.#isFree(found) ? await this.#hold([{ ...found, attempts: 0 }]) : [];
    if (taken) {
      await this.#database.durable();
      await this.#start([taken]);
    } else {
      await this.#taking.catch(() => undefined);
      await Promise.all(this.#running);
    }
    return this.find(id);
  }

  async find(id: string): Promise<Message<B> | undefined> {
    const found = await this.#database.get(
      sql('SELECT * FROM outbox WHERE topic = ? AND id = ?', this.#topic.name, id),
      messageRow,
    );
    return found && this.#message(found);
  }

  /** Returns messages added since a time, newest first. */
  async list(since: number, limit: number): Promise<Message<B>[]> {
    const rows = await this.#database.all(
      sql(
        'SELECT * FROM outbox WHERE topic = ? AND created_at >= ? ORDER BY created_at DESC, id LIMIT ?',
        this.#topic.name,
        since,
        limit,
      ),
      messageRow,
    );
    return rows.map((found) => this.#message(found));
  }

  /** Removes old messages. Returns whether more remain. */
  sweep(): Promise<boolean> {
    const before = this.#clock.now() - this.#topic.keptFor;
    const old = {
      table: 'outbox',
      key: 'seq',
      column: 'created_at',
      before,
      and: `topic = '${this.#topic.name}'`,
    };
    return removeOld(this.#database, old);
  }

  /** Leaves pending messages to other processes, or to the next start. */
  #stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#background.run(this.#log, `messages of ${this.#topic.name} were not released`, async () => {
      await this.#taking.catch(() => undefined);
      await Promise.all(this.#running);
      const due = this.#topic.hasTimers ? ', due_at = ?' : '';
      await this.#database.run(
        sql(
          `UPDATE outbox SET held_until = 0${due} WHERE topic = ? AND state = 'pending' AND holder = ?`,
          ...(due ? [this.#clock.now()] : []),
          this.#topic.name,
          this.#holder,
        ),
      );
    });
  }

  /** @returns the number of messages that the last take found */
  async #run(dueBy: number): Promise<number> {
    // One that ends during the take may have kept others back.
    const before = this.#running.size;
    let found = await this.#take(dueBy);
    if (found === 0 && before === 0 && this.#running.size === 0) return 0;
    await Promise.all(this.#running);
    // Takes the messages that waited behind those under way.
    found = await this.#take(dueBy);
    await Promise.all(this.#running);
    return found;
  }

  /** Takes due messages and starts to send them. Calls during a take share the next one. */
  #take(dueBy: number): Promise<number> {
    this.#nextDueBy = Math.max(this.#nextDueBy, dueBy);
    this.#nextTake ??= this.#taking
      .catch(() => undefined)
      .then(() => {
        const take = this.#takeNow(this.#nextDueBy);
        this.#nextTake = undefined;
        this.#nextDueBy = 0;
        this.#taking = take;
        return take;
      });
    return this.#nextTake;
  }

  async #takeNow(dueBy: number): Promise<number> {
    if (this.#topic.isSequential) await Promise.all(this.#running);
    if (this.#background.ending.aborted) return 0;
    // A read takes no lock, so processes that find nothing write nothing.
    const found = await this.#database.all(this.#dueStatement(dueBy), messageRow);
    const taken = await this.#hold(found);
    if (taken.length === 0) return found.length;
    await this.#database.durable();
    if (this.#topic.isSequential) void this.#start(taken);
    else for (const ofKey of byKey(taken)) void this.#start(ofKey);
    return found.length;
  }

  /** Selects the due messages that are free, unless an earlier one of the same key waits or has a holder. */
  #dueStatement(dueBy: number): Statement {
    const now = this.#clock.now();
    const { name, hold } = this.#topic;
    // The conditions of `isDue`.
    const open = (table: string) =>
      `(${table}.due_at <= ? OR ${table}.due_at > ?) AND (${table}.holder = ? OR ${table}.held_until <= ? OR ${table}.held_until > ?)`;
    const values: Value[] = [dueBy, now + this.#maxWait, this.#holder, now, now + hold];
    return sql(
      `SELECT * FROM outbox WHERE topic = ? AND state = 'pending' AND ${open('outbox')}
       AND NOT EXISTS (SELECT 1 FROM outbox AS earlier WHERE earlier.topic = outbox.topic AND earlier.key = outbox.key
         AND earlier.state = 'pending' AND earlier.seq < outbox.seq AND NOT (${open('earlier')}))
       ORDER BY seq LIMIT ${maxTaken}`,
      name,
      ...values,
      ...values,
    );
  }

  #isFree({ holder, held_until: heldUntil }: MessageRow): boolean {
    return holder === this.#holder || isDue(heldUntil, this.#clock.now(), this.#topic.hold);
  }

  /** Holds messages as they were read. Returns those that no other process took, up to the first gap of a key. */
  async #hold(found: readonly MessageRow[]): Promise<MessageRow[]> {
    if (found.length === 0) return [];
    const holder = randomToken(12);
    const heldUntil = this.#clock.now() + this.#topic.hold;
    const { results } = await this.#database.batch(
      found.map(({ seq, state, holder: before, held_until: until, attempts }) =>
        sql(
          `UPDATE outbox SET state = 'pending', attempts = ?, holder = ?, held_until = ?
           WHERE seq = ? AND state = ? AND holder = ? AND held_until = ?`,
          attempts + 1,
          holder,
          heldUntil,
          seq,
          state,
          before,
          until,
        ),
      ),
      { lazy: true },
    );
    const lost = new Set<string>();
    const behindGap: MessageRow[] = [];
    const taken: MessageRow[] = [];
    for (const [n, message] of found.entries()) {
      const held = { ...message, attempts: message.attempts + 1, holder, held_until: heldUntil };
      if (results[n]?.changes !== 1) lost.add(message.key);
      else (lost.has(message.key) ? behindGap : taken).push(held);
    }
    await this.#release(behindGap);
    return taken;
  }

  async #release(messages: readonly MessageRow[]): Promise<void> {
    if (messages.length === 0) return;
    await this.#database.batch(
      messages.map(({ seq, holder }) =>
        sql(
          'UPDATE outbox SET attempts = attempts - 1, holder = ?, held_until = 0 WHERE seq = ? AND holder = ?',
          this.#holder,
          seq,
          holder,
        ),
      ),
      { lazy: true },
    );
  }

  /** Sends held messages, one after the other, in the background. */
  #start(messages: readonly MessageRow[]): Promise<void> {
    const run = this.#background
      .run(this.#log, `messages of ${this.#topic.name} wait`, () => this.#sendInOrder(messages))
      .finally(() => this.#running.delete(run));
    this.#running.add(run);
    return run;
  }

  async #sendInOrder(messages: readonly MessageRow[]): Promise<void> {
    const failed = new Set<string>();
    const left: MessageRow[] = [];
    for (const message of messages) {
      const isLate = message.held_until - this.#clock.now() < this.#topic.hold / 2;
      if (this.#background.ending.aborted || isLate || failed.has(message.key)) left.push(message);
      else if (!(await this.#attempt(message))) failed.add(message.key);
    }
    await this.#release(left);
  }

  /** Returns whether the message needs no further attempt. */
  async #attempt(message: MessageRow): Promise<boolean> {
    const { seq, id, key, attempts, holder } = message;
    const nextWait = this.#topic.waits[attempts - 1];
    const { ending } = this.#background;
    let outcome: Outcome;
    try {
      const { body } = this.#message(message);
      outcome = await this.#send({ id, key, body, attempt: attempts, nextWait, ending });
    } catch (error) {
      if (ending.aborted) {
        await this.#release([message]);
        return false;
      }
      outcome = { delivered: false, result: reasonOf(error) };
    }
    const { delivered, result, others = [] } = outcome;
    const isOver = delivered || nextWait === undefined;
    const undelivered = isOver ? 'givenUp' : 'pending';
    const state = delivered ? 'delivered' : undelivered;
    const now = this.#clock.now();
    const settled =
      delivered && this.#topic.forgetsDelivered
        ? sql('DELETE FROM outbox WHERE seq = ? AND holder = ?', seq, holder)
        : sql(
            `UPDATE outbox SET state = ?, result = ?, due_at = ?, tried_at = ?, holder = ?, held_until = 0
             WHERE seq = ? AND holder = ?`,
            state,
            result,
            now + (isOver ? 0 : nextWait),
            now,
            this.#holder,
            seq,
            holder,
          );
    await this.#database.batch([must(settled), ...others]);
    if (!isOver && this.#topic.hasTimers) this.#retryIn(nextWait);
    return isOver;
  }

  #retryIn(wait: number): void {
    if (this.#background.ending.aborted) return;
    const dueBy = this.#clock.now() + wait;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#background.run(this.#log, `messages of ${this.#topic.name} wait`, () => this.#run(dueBy));
    }, wait).unref();
    this.#timers.add(timer);
  }

  #message(found: MessageRow): Message<B> {
    return {
      id: found.id,
      body: storedJson(this.#topic.shape, found.body, 'outbox.body'),
      state: found.state,
      attempts: found.attempts,
      result: found.result,
      createdAt: found.created_at,
      dueAt: found.due_at,
      triedAt: found.tried_at,
    };
  }
}
