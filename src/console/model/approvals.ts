import type { Clock } from '@alongside/kernel/clock';
import { uuid } from '@alongside/kernel/ids';
import { orderedHash } from '@alongside/kernel/secrets';
import type { AuditAction, AuditLog } from '../../storage/audit.ts';
import { type Database, must, type Statement, sql } from '../../storage/database.ts';
import { integer, type RowOf, row, text } from '../../storage/row.ts';
import type { Caller } from './administrators/admission.ts';
import type { Changes } from './changes.ts';
import { errors } from './errors.ts';

/** `approved`: the requester may make the call once. `used`: that happened. */
export const approvalStates = ['waiting', 'approved', 'declined', 'withdrawn', 'used', 'expired'] as const;
export type ApprovalState = (typeof approvalStates)[number];

/** Milliseconds: a request waits for a week, an approval can be used for a day, and a closed request is listed for a month. */
const lifetimes = { waiting: 604_800_000, approved: 86_400_000, closed: 2_592_000_000 };
/** For one administrator. */
const maxWaiting = 100;
const maxListed = 200;
/** Characters of a body, which the approving administrator must be able to read. */
const maxBodyLength = 20_000;

const approvalRow = row('approval', {
  id: text,
  administrator_id: text,
  requester: text,
  uid: text,
  subject: text,
  method: text,
  path: text,
  body: text,
  state: text,
  decided_by: text,
  created_at: integer,
  expires_at: integer,
});
const columns =
  'id, administrator_id, requester, uid, subject, method, path, body, state, decided_by, created_at, expires_at';

/** A call that a limited administrator may make only with approval. */
export interface Approval {
  readonly id: string;
  /** The requester: id, and the name in audit records. */
  readonly administrator: string;
  readonly requester: string;
  /** The person whom the call concerns. */
  readonly uid: string;
  /** The purpose of the call, as a person reads it. */
  readonly subject: string;
  readonly method: string;
  readonly path: string;
  /** JSON, as it was sent. */
  readonly body: string;
  readonly state: ApprovalState;
  /** Name of the administrator who approved or declined; empty before. */
  readonly decidedBy: string;
  /** Milliseconds. */
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** The whole person whom a call concerns, and its purpose in a few words. */
export interface WholePerson {
  readonly uid: string;
  readonly subject: string;
}

type ApprovalDatabase = Pick<Database, 'get' | 'all' | 'batch'>;
type Decision = 'approved' | 'declined';
type ApprovalAction = Extract<AuditAction, `approval.${string}`>;

const live = "state IN ('waiting', 'approved')";

function approvalOf(stored: RowOf<typeof approvalRow>, now: number): Approval {
  const { state, expires_at: expiresAt } = stored;
  const known = approvalStates.find((one) => one === state) ?? 'expired';
  return {
    id: stored.id,
    administrator: stored.administrator_id,
    requester: stored.requester,
    uid: stored.uid,
    subject: stored.subject,
    method: stored.method,
    path: stored.path,
    body: stored.body,
    state: (known === 'waiting' || known === 'approved') && expiresAt <= now ? 'expired' : known,
    decidedBy: stored.decided_by,
    createdAt: stored.created_at,
    expiresAt,
  };
}

/**
 * Calls of limited administrators that concern a whole person. The first attempt stores a request and is refused. After the approval of an
 * unlimited administrator, the same call of the same administrator passes once: its result, such as an enrolment link, never passes through
 * the hands of the one who approves.
 */
export class Approvals {
  readonly #database: ApprovalDatabase;
  readonly #clock: Clock;
  readonly #audit: AuditLog;
  readonly #changes: Pick<Changes, 'announce'>;
  /** The people for whom the call of a caller has passed: one call may be checked more than once. */
  readonly #passed = new WeakMap<Caller, string>();

  /** @param audit names the current caller */
  constructor(database: ApprovalDatabase, clock: Clock, audit: AuditLog, changes: Pick<Changes, 'announce'>) {
    this.#database = database;
    this.#clock = clock;
    this.#audit = audit;
    this.#changes = changes;
  }

  /**
   * Lets a call pass if it is approved, and uses the approval up. Otherwise stores the request.
   * @throws Refusal `approval_needed`
   */
  async demand(caller: Caller, { uid, subject }: WholePerson): Promise<void> {
    const { administrator, request } = caller;
    if (!administrator || !request)
      throw errors.otherOrganisation(`${uid} also belongs to other organisations`);
    if (this.#passed.get(caller) === uid) return;
    const { method, path, query, body } = request;
    const hash = orderedHash(JSON.stringify([method, path, query, body, uid]));
    const found = await this.#live(administrator.id, hash);
    if (found?.state === 'approved' && (await this.#use(found))) {
      this.#passed.set(caller, uid);
      return;
    }
    const wanted = {
      administrator: administrator.id,
      requester: caller.actor,
      uid,
      subject,
      method,
      path,
      body,
    };
    const id = found?.state === 'waiting' ? found.id : await this.#request({ ...wanted, hash });
    throw errors.approvalNeeded(`request ${id} waits: ${subject}`, { approval: id });
  }

  /** Returns requests, the newest first: of one administrator, of one person, or all. */
  async list(
    filter: { administrator?: string | undefined; uid?: string | undefined } = {},
  ): Promise<Approval[]> {
    const { administrator = '', uid = '' } = filter;
    const rows = await this.#database.all(
      sql(
        `SELECT ${columns} FROM approval WHERE (? = '' OR administrator_id = ?) AND (? = '' OR uid = ?)
         ORDER BY created_at DESC, id LIMIT ${maxListed}`,
        administrator,
        administrator,
        uid,
        uid,
      ),
      approvalRow,
    );
    return rows.map((stored) => approvalOf(stored, this.#clock.now()));
  }

  async find(id: string): Promise<Approval> {
    const stored = await this.#database.get(
      sql(`SELECT ${columns} FROM approval WHERE id = ?`, id),
      approvalRow,
    );
    if (!stored) throw errors.notFound(`no request ${id.slice(0, 60)}`);
    return approvalOf(stored, this.#clock.now());
  }

  /** The number of requests that wait for a decision. */
  async waiting(): Promise<number> {
    const found = await this.#database.get<{ count: number }>(
      sql(
        "SELECT COUNT(*) AS count FROM approval WHERE state = 'waiting' AND expires_at > ?",
        this.#clock.now(),
      ),
    );
    return Number(found?.count ?? 0);
  }

  /** Approves or declines a waiting request. @throws Refusal `approval_over` */
  async decide(found: Approval, decision: Decision, decidedBy: string): Promise<Approval> {
    const now = this.#clock.now();
    const expiresAt = decision === 'approved' ? now + lifetimes.approved : found.expiresAt;
    await this.#move(
      found,
      `approval.${decision}`,
      sql(
        "UPDATE approval SET state = ?, decided_by = ?, expires_at = ? WHERE id = ? AND state = 'waiting' AND expires_at > ?",
        decision,
        decidedBy,
        expiresAt,
        found.id,
        now,
      ),
    );
    return this.find(found.id);
  }

  /** Withdraws a request that was not used. @throws Refusal `approval_over` */
  async withdraw(found: Approval): Promise<void> {
    const now = this.#clock.now();
    await this.#move(
      found,
      'approval.withdrawn',
      sql(
        `UPDATE approval SET state = 'withdrawn' WHERE id = ? AND ${live} AND expires_at > ?`,
        found.id,
        now,
      ),
    );
  }

  /** Writes a change of state with its record, or nothing. */
  async #move(found: Approval, action: ApprovalAction, change: Statement): Promise<void> {
    const { done } = await this.#database.batch([must(change), this.#recordStatement(action, found)]);
    if (!done) throw errors.approvalOver(`request ${found.id} is ${(await this.find(found.id)).state}`);
    this.#changes.announce(['approval']);
  }

  /** Uses an approval up. Returns false if another request did. */
  async #use(found: Approval): Promise<boolean> {
    const { done } = await this.#database.batch([
      must(
        sql(
          "UPDATE approval SET state = 'used' WHERE id = ? AND state = 'approved' AND expires_at > ?",
          found.id,
          this.#clock.now(),
        ),
      ),
      this.#recordStatement('approval.used', found),
    ]);
    if (done) this.#changes.announce(['approval']);
    return done;
  }

  async #live(administrator: string, hash: string): Promise<Approval | undefined> {
    const now = this.#clock.now();
    const stored = await this.#database.get(
      sql(
        `SELECT ${columns} FROM approval WHERE administrator_id = ? AND hash = ? AND ${live} AND expires_at > ?`,
        administrator,
        hash,
        now,
      ),
      approvalRow,
    );
    return stored && approvalOf(stored, now);
  }

  /** Stores a request, and returns its id, or that of the same request that was stored meanwhile. */
  async #request(
    wanted: Pick<Approval, 'administrator' | 'requester' | 'uid' | 'subject' | 'method' | 'path' | 'body'> & {
      hash: string;
    },
  ): Promise<string> {
    if (wanted.body.length > maxBodyLength)
      throw errors.requestInvalid('the body is too long for an approval', {
        problem: `must have at most ${maxBodyLength} characters to be approved`,
      });
    const { administrator, hash, uid, subject } = wanted;
    const now = this.#clock.now();
    const own = await this.#database.get<{ count: number }>(
      sql(
        "SELECT COUNT(*) AS count FROM approval WHERE administrator_id = ? AND state = 'waiting' AND expires_at > ?",
        administrator,
        now,
      ),
    );
    if (Number(own?.count ?? 0) >= maxWaiting)
      throw errors.tooManyApprovals(`${maxWaiting} requests wait for approval`);
    const id = uuid();
    const { done } = await this.#database.batch([
      sql('DELETE FROM approval WHERE expires_at < ?', now - lifetimes.closed),
      sql(
        `DELETE FROM approval WHERE administrator_id = ? AND hash = ? AND ${live} AND expires_at <= ?`,
        administrator,
        hash,
        now,
      ),
      must(
        sql(
          `INSERT INTO approval (id, administrator_id, requester, uid, subject, method, path, body, hash, state, created_at, expires_at)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'waiting', ?, ?) ON CONFLICT DO NOTHING`,
          id,
          administrator,
          wanted.requester,
          uid,
          subject,
          wanted.method,
          wanted.path,
          wanted.body,
          hash,
          now,
          now + lifetimes.waiting,
        ),
      ),
      this.#recordStatement('approval.requested', { id, uid, subject }),
    ]);
    if (!done) return (await this.#live(administrator, hash))?.id ?? id;
    this.#changes.announce(['approval']);
    return id;
  }

  #recordStatement(
    action: ApprovalAction,
    { id, uid, subject }: Pick<Approval, 'id' | 'uid' | 'subject'>,
  ): Statement {
    return this.#audit.recordStatement({
      actor: '',
      action,
      target: id,
      outcome: 'ok',
      detail: { uid, subject },
    });
  }
}
