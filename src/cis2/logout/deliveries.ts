import type { Clock } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import type { Recorder } from '@alongside/kernel/events';
import { uuid } from '@alongside/kernel/ids';
import type { SigningKeys } from '@alongside/kernel/keys';
import type { Log } from '@alongside/kernel/log';
import { sha256 } from '@alongside/kernel/secrets';
import type { Applications } from '../../oauth/applications.ts';
import { type FetchPolicy, safeFetch } from '../../oauth/safe-fetch.ts';
import type { Urls } from '../../service.ts';
import { type Database, type Row, type Statement, sql } from '../../storage/database.ts';
import type { SingleUse } from '../../storage/single-use.ts';
import { findRelyingParty, partyOf } from '../relying-party.ts';
import type { Sessions } from '../sessions.ts';
import { logoutTargets } from './logout-targets.ts';
import { logoutToken } from './logout-token.ts';

/** A session that ended and of which relying parties are to be told. */
export interface EndedSession {
  sid: string;
  uid: string;
  cisSessionId: string | null;
}

/** One message to one relying party. Times in milliseconds. */
interface Delivery extends EndedSession {
  id: string;
  clientId: string;
  address: string;
  /** The address is the operator's own, so it may be private. */
  trusted: boolean;
  attempts: number;
  dueAt: number;
}

interface Parts {
  issuer: string;
  development: boolean;
  platformLogout?: string;
  keys: SigningKeys;
  clock: Clock;
  database: Database;
  singleUse: SingleUse;
  applications: Applications;
  sessions: Sessions;
  recorder: Recorder;
  log: Log;
  urls: Urls;
}

const endedKind = 'cis2-ended';
const deliveryKind = 'cis2-delivery';
const second = 1_000;
/** Waiting before each further attempt; after the last of them it is given up. */
const backoff = [2, 8, 20, 60, 300, 900, 1_800].map((seconds) => seconds * second);
const patience = 7_200 * second;
/** For so long nobody else tries a delivery that one process has taken up. */
const lease = 10 * second;

/** Back-channel logout: what is promised stands in storage, is tried at once, and again with growing pauses. */
export class Deliveries {
  readonly #parts: Parts;
  readonly #running = new Set<Promise<void>>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** The write that promises to tell of an ended session. */
  promising(ended: EndedSession): Statement {
    return this.#parts.singleUse.keeping(endedKind, ended.sid, ended, patience);
  }

  /** Begins to tell of a session whose end is kept, without waiting for it. */
  tell(ended: EndedSession): void {
    this.#track(this.#expand(ended));
  }

  /** Takes up whatever is promised and due: after a crash, after a failed attempt, from another process. */
  async run(): Promise<void> {
    const { clock } = this.#parts;
    for (const ended of await this.#list<EndedSession>(endedKind)) await this.#expand(ended);
    const due = (await this.#list<Delivery>(deliveryKind)).filter(
      (delivery) => delivery.dueAt <= clock.now(),
    );
    await Promise.all(due.map((delivery) => this.#attempt(delivery)));
  }

  /** Resolves when nothing that was begun is still running. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  #track(work: Promise<void>): void {
    const tracked = work
      .catch((error) => this.#parts.log.error({ reason: reasonOf(error) }, 'back-channel logout is put off'))
      .finally(() => this.#running.delete(tracked));
    this.#running.add(tracked);
  }

  /** One promise becomes one delivery for each relying party; whoever does it also makes the first attempts. */
  async #expand(ended: EndedSession): Promise<void> {
    const { singleUse, database, clock } = this.#parts;
    const targets = await logoutTargets(this.#parts, ended.sid);
    const deliveries = targets.map(
      (target): Delivery => ({ ...ended, ...target, id: uuid(), attempts: 0, dueAt: clock.now() + lease }),
    );
    const { done } = await database.batch([
      singleUse.spending(endedKind, ended.sid),
      ...deliveries.map((delivery) => singleUse.keeping(deliveryKind, delivery.id, delivery, patience)),
    ]);
    if (done) await Promise.all(deliveries.map((delivery) => this.#send(delivery)));
  }

  /** Takes a delivery up for a while; false when another process was quicker. */
  async #attempt(delivery: Delivery): Promise<void> {
    const taken = { ...delivery, dueAt: this.#parts.clock.now() + lease };
    if (await this.#change(delivery, taken)) await this.#send(taken);
  }

  async #send(delivery: Delivery): Promise<void> {
    const { applications, singleUse, clock, log } = this.#parts;
    const party = await findRelyingParty(applications, delivery.clientId);
    const outcome = party
      ? await this.#post(delivery, party.client)
      : { delivered: true, detail: 'the client is gone' };
    const attempts = delivery.attempts + 1;
    const pause = backoff[delivery.attempts];
    const { sid, clientId, address } = delivery;
    const fields = { sid, client: clientId, address, attempt: attempts, result: outcome.detail };
    if (outcome.delivered || pause === undefined) {
      await singleUse.spend(deliveryKind, delivery.id);
      log[outcome.delivered ? 'info' : 'error'](
        fields,
        outcome.delivered ? 'back-channel logout delivered' : 'back-channel logout given up',
      );
    } else {
      await this.#change(delivery, { ...delivery, attempts, dueAt: clock.now() + pause });
      log.warn({ ...fields, againInSeconds: pause / second }, 'back-channel logout failed');
    }
    if (!party) return;
    this.#parts.recorder.record({
      keys: [sid, delivery.cisSessionId ?? ''],
      from: 'cis2',
      to: partyOf(party.client, this.#parts.urls),
      name: 'cis2.backchannel-logout',
      outcome: outcome.delivered ? 'ok' : 'failed',
      detail: { client: party.application.name, attempt: attempts, result: outcome.detail },
    });
  }

  async #post(
    { address, trusted, uid, sid }: Delivery,
    client: Parameters<typeof logoutToken>[1],
  ): Promise<{ delivered: boolean; detail: string }> {
    const policy: FetchPolicy = { privateAddresses: trusted || this.#parts.development };
    try {
      const token = await logoutToken(this.#parts, client, { uid, sid });
      const { status, body } = await safeFetch(address, policy, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
        body: `logout_token=${token}`,
      });
      // The platform's way to say that nothing of the session is left there.
      const unknown = status === 501 && body.includes('SID not found');
      return { delivered: (status >= 200 && status < 300) || unknown, detail: `status ${status}` };
    } catch (error) {
      return { delivered: false, detail: reasonOf(error) };
    }
  }

  async #list<P>(kind: string): Promise<P[]> {
    const { database, clock } = this.#parts;
    const rows = await database.all<Row>(
      sql(
        'SELECT payload FROM single_use WHERE kind = ? AND used_at IS NULL AND expires_at > ? LIMIT 200',
        kind,
        clock.now(),
      ),
    );
    return rows.map((row) => JSON.parse(String(row.payload)) as P);
  }

  /** Changes a delivery only if it still is what was read. */
  async #change(before: Delivery, after: Delivery): Promise<boolean> {
    const { changes } = await this.#parts.database.run(
      sql(
        'UPDATE single_use SET payload = ? WHERE kind = ? AND hash = ? AND payload = ? AND used_at IS NULL',
        JSON.stringify(after),
        deliveryKind,
        sha256(before.id),
        JSON.stringify(before),
      ),
    );
    return changes === 1;
  }
}
