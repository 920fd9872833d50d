import type { Background } from '@alongside/kernel/background';
import type { Clock } from '@alongside/kernel/clock';
import type { Recorder } from '@alongside/kernel/events';
import { uuid } from '@alongside/kernel/ids';
import type { TokenSigner } from '@alongside/kernel/keys';
import type { Log } from '@alongside/kernel/log';
import type { Applications } from '../../oauth/applications.ts';
import type { Urls } from '../../service.ts';
import { type Database, type Row, type Statement, sql } from '../../storage/database.ts';
import type { SingleUse } from '../../storage/single-use.ts';
import { findRelyingParty, partyOf } from '../model/relying-party.ts';
import type { EndReason } from '../model/session.ts';
import { type Delivery, DeliveryStore } from './delivery-store.ts';
import { logoutTargets } from './logout-targets.ts';
import { postLogoutToken } from './post-token.ts';
import type { Sessions } from './sessions.ts';

/** A session that ended and of which relying parties are to be told. */
export interface EndedSession {
  sid: string;
  uid: string;
  cisSessionId: string | null;
  cause: EndReason;
}

interface Parts {
  development: boolean;
  platformLogout?: string;
  platformClientId?: string;
  keys: TokenSigner;
  logoutSigner?: TokenSigner | undefined;
  clock: Clock;
  database: Database;
  singleUse: SingleUse;
  applications: Applications;
  sessions: Sessions;
  recorder: Recorder;
  background: Background;
  log: Log;
  urls: Urls;
}

const endedKind = 'cis2-ended';
const second = 1_000;
/** Waiting before each further attempt; after the last of them it is given up. */
const backoff = [2, 8, 20, 60, 300, 900, 1_800].map((seconds) => seconds * second);
/** How long a promise waits to be taken up. */
const patience = 7_200 * second;
/** For so long nobody else tries a delivery that one process has taken up. */
const lease = 10 * second;
/** How many one round takes up. */
const most = 200;

/** Back-channel logout: what is promised stands in storage, is tried at once, and again with growing pauses. */
export class Deliveries {
  readonly #parts: Parts;
  readonly #store: DeliveryStore;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#store = new DeliveryStore(parts.database, parts.clock);
  }

  /** The write that promises to tell of an ended session. */
  promiseStatement(ended: EndedSession): Statement {
    return this.#parts.singleUse.keepStatement(endedKind, ended.sid, ended, patience);
  }

  /** Begins to tell of a session whose end is kept, without waiting for it. */
  tell(ended: EndedSession): void {
    const { background, log } = this.#parts;
    background.run(log, 'back-channel logout is put off', () => this.#expand(ended));
  }

  /** Takes up what is promised and due: after a crash, after a failed attempt, from another process. Returns whether more is left. */
  async run(): Promise<boolean> {
    const promised = await this.#promised();
    for (const ended of promised) await this.#expand(ended);
    const due = await this.#store.due(most);
    await Promise.all(due.map((delivery) => this.#attempt(delivery)));
    return promised.length === most || due.length === most;
  }

  /** Removes old deliveries. */
  sweep(): Promise<boolean> {
    return this.#store.sweep();
  }

  /** The log since a moment in milliseconds, the newest first. */
  since(moment: number, limit: number): Promise<Delivery[]> {
    return this.#store.since(moment, limit);
  }

  /** Sends one at once, delivered or not; its state afterwards. Undefined when there is none, or when another attempt is under way. */
  async sendAgain(id: string): Promise<Delivery | undefined> {
    const delivery = await this.#store.get(id);
    if (!delivery) return undefined;
    const taken: Delivery = {
      ...delivery,
      state: 'pending',
      attempts: 0,
      dueAt: this.#parts.clock.now() + lease,
    };
    if (!(await this.#store.change(delivery, taken))) return undefined;
    await this.#send(taken);
    return this.#store.get(id);
  }

  async #promised(): Promise<EndedSession[]> {
    const { database, clock } = this.#parts;
    const rows = await database.all<Row>(
      sql(
        // The kind as a literal, for the index of promises alone.
        `SELECT payload FROM single_use WHERE kind = '${endedKind}' AND used_at IS NULL AND expires_at > ?
         ORDER BY expires_at LIMIT ?`,
        clock.now(),
        most,
      ),
    );
    return rows.map((row) => JSON.parse(String(row.payload)) as EndedSession);
  }

  /** One promise becomes one delivery for each relying party; whoever does it also makes the first attempts. */
  async #expand(ended: EndedSession): Promise<void> {
    const { singleUse, database, clock } = this.#parts;
    const targets = await logoutTargets(this.#parts, ended.sid);
    const now = clock.now();
    const begun = {
      state: 'pending',
      attempts: 0,
      result: '',
      createdAt: now,
      dueAt: now + lease,
      triedAt: null,
    } as const;
    const deliveries = targets.map((target): Delivery => ({ ...ended, ...target, ...begun, id: uuid() }));
    const { done } = await database.batch([
      singleUse.spendStatement(endedKind, ended.sid),
      ...deliveries.map((delivery) => this.#store.addStatement(delivery)),
    ]);
    if (!done) return;
    await database.durable();
    await Promise.all(deliveries.map((delivery) => this.#send(delivery)));
  }

  /** Takes a delivery up for a while, unless another process was quicker. */
  async #attempt(delivery: Delivery): Promise<void> {
    const taken = { ...delivery, dueAt: this.#parts.clock.now() + lease };
    if (await this.#store.change(delivery, taken)) await this.#send(taken);
  }

  async #send(delivery: Delivery): Promise<void> {
    const { applications, sessions, clock, recorder, urls } = this.#parts;
    const client = await findRelyingParty(applications, delivery.clientId);
    // Whichever realm's process sends it: relying parties know the issuer at which the person signed in.
    const issuer = await sessions.issuerOf(delivery.sid);
    const outcome = client
      ? await postLogoutToken({ ...this.#parts, issuer }, delivery, client.registration)
      : { delivered: true, detail: 'the client is gone' };
    const pause = backoff[delivery.attempts];
    const tried = { attempts: delivery.attempts + 1, result: outcome.detail, triedAt: clock.now() };
    const after: Partial<Delivery> =
      outcome.delivered || pause === undefined
        ? { ...tried, state: outcome.delivered ? 'delivered' : 'givenUp' }
        : { ...tried, dueAt: clock.now() + pause };
    await this.#store.change(delivery, after);
    this.#note(delivery, after, pause);
    if (!client) return;
    recorder.record({
      keys: [delivery.sid, delivery.cisSessionId ?? ''],
      from: 'cis2',
      to: partyOf(client.registration, urls),
      name: 'cis2.backchannel-logout',
      outcome: outcome.delivered ? 'ok' : 'failed',
      detail: { client: client.application.name, attempt: tried.attempts, result: outcome.detail },
    });
  }

  #note(
    { sid, clientId, address }: Delivery,
    { state, attempts, result }: Partial<Delivery>,
    pause = 0,
  ): void {
    const { log } = this.#parts;
    const fields = { sid, client: clientId, address, attempt: attempts, result };
    if (state === 'delivered') log.info(fields, 'back-channel logout delivered');
    else if (state === 'givenUp') log.error(fields, 'back-channel logout given up');
    else log.warn({ ...fields, againInSeconds: pause / second }, 'back-channel logout failed');
  }
}
