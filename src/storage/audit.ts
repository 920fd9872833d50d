import { type Activity, activity } from '@alongside/kernel/activity';
import type { Clock } from '@alongside/kernel/clock';
import { type Log, silentLog } from '@alongside/kernel/log';
import { callerNetwork } from '@alongside/kernel/networks';
import type { Vault } from '@alongside/kernel/secrets';
import type { AuditAction } from './audit/catalogue.ts';
import {
  type AuditEntry,
  auditWriter,
  type ChainHead,
  type EncodedEntry,
  encodeEntry,
  type LoneAction,
  type LoneEntry,
} from './audit/entry.ts';
import { GroupSealer, type Sealer } from './audit/group-sealer.ts';
import { StoredHeads } from './audit/heads.ts';
import { type AuditFilter, type AuditRecord, AuditRecords } from './audit/records.ts';
import { deleteOldRecords, removeDeletedRecords } from './audit/retention.ts';
import { AuditSeal } from './audit/seal.ts';
import { TransactionSealer } from './audit/transaction-sealer.ts';
import { type AuditExtent, anchorChains, readExtent } from './audit/upkeep.ts';
import {
  type AuditVerification,
  type VerifyOptions,
  type VerifyProgress,
  verifyAudit,
} from './audit/verify.ts';
import type { Database, Statement } from './database.ts';

export type { AuditAction } from './audit/catalogue.ts';
export type { AuditEntry } from './audit/entry.ts';
export { type AuditFilter, type AuditRecord, filterNames } from './audit/records.ts';

export interface AuditOptions {
  log?: Log;
  /** Log for anchors; `log` by default. */
  anchorLog?: Log;
  /** File for the ends of the chains, outside the database; none by default. */
  headsFile?: string | undefined;
  /** Days after which records are deleted; never by default. */
  retentionDays?: number | undefined;
  /** Replaces the actor of each entry if it returns one. */
  actor?: () => string | undefined;
}

/** The audit log: who did what, in one sealed chain per process. */
export class AuditLog {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #vault: Vault;
  readonly #seal: AuditSeal;
  #sealer: Sealer;
  #heads: StoredHeads;
  readonly #records: AuditRecords;
  #unproven = new UnprovenSums();
  readonly #options: AuditOptions;
  #unprovenSince: number;

  constructor(database: Database, clock: Clock, vault: Vault, options: AuditOptions = {}) {
    this.#database = database;
    this.#clock = clock;
    this.#vault = vault;
    this.#seal = new AuditSeal(vault);
    const log = options.log ?? silentLog;
    const kind = database.dialect === 'sqlite' ? TransactionSealer : GroupSealer;
    this.#sealer = new kind(database, clock, this.#seal, log);
    this.#heads = new StoredHeads(database, clock, this.#seal, options.headsFile, log);
    this.#records = new AuditRecords(database);
    this.#options = options;
    this.#unprovenSince = clock.now();
  }

  /** Returns the same log for a caller with another actor, if the function returns one. */
  actedBy(actor: () => string | undefined): AuditLog {
    const log = new AuditLog(this.#database, this.#clock, this.#vault, { ...this.#options, actor });
    log.#sealer = this.#sealer;
    log.#heads = this.#heads;
    log.#unproven = this.#unproven;
    return log;
  }

  /**
   * Writes the record of a read, of an act outside the database or of a refusal. Call it before the response or the first effect,
   * so that neither exists without the record. Resolves when it is sealed.
   */
  recordAlone<A extends AuditAction>(entry: LoneEntry<A>, request = activity()): Promise<void> {
    return this.#sealer.add(this.#encode(entry, request));
  }

  /** Records an act without a batch, then does it. A second record, `failed`, follows when it throws. */
  async recordThen<A extends LoneAction, T>(
    entry: Omit<AuditEntry<A>, 'outcome'>,
    act: () => Promise<T>,
  ): Promise<T> {
    const record = (outcome: AuditEntry['outcome']) =>
      this.#sealer.add(this.#encode({ ...entry, outcome } as AuditEntry, activity()));
    await record('ok');
    try {
      return await act();
    } catch (error) {
      await record('failed');
      throw error;
    }
  }

  /** Returns the statement that writes the record of an act, for the batch of the act: neither exists without the other. */
  recordStatement<A extends AuditAction>(entry: AuditEntry<A>, request = activity()): Statement {
    return this.#sealer.entryStatement(this.#encode(entry, request));
  }

  /** Counts the refusal of an unauthenticated caller. Its network and minute are recorded as a sum. */
  countUnproven(endpoint: string, address: string): void {
    activity()?.unproven.push(endpoint);
    this.#unproven.add(endpoint, address);
  }

  /** Returns records after a number, oldest first, including everything that this process has written. */
  list(since = 0, limit?: number): Promise<AuditRecord[]> {
    return this.search({ since, limit });
  }

  async search(filter: AuditFilter): Promise<AuditRecord[]> {
    await this.#sealer.sealAll();
    return this.#records.list(filter);
  }

  async *pages(filter: AuditFilter): AsyncGenerator<AuditRecord[]> {
    await this.#sealer.sealAll();
    yield* this.#records.pages(filter);
  }

  async find(seq: number): Promise<AuditRecord | undefined> {
    await this.#sealer.sealAll();
    return this.#records.find(seq);
  }

  async verify(options?: VerifyOptions): Promise<AuditVerification> {
    const steps = this.verifying(options);
    let step = await steps.next();
    while (!step.done) step = await steps.next();
    return step.value;
  }

  /** Verifies, and yields the progress after each page. */
  async *verifying(options?: VerifyOptions): AsyncGenerator<VerifyProgress, AuditVerification> {
    await this.#sealer.sealAll();
    // Read before the chains, so that no chain is shorter than its stored end.
    const { heads, problem, ...proven } = await this.#heads.find();
    const anchors = [...(options?.anchors ?? []), ...heads];
    const result = yield* verifyAudit(this.#database, this.#seal, { ...options, anchors });
    const found = result.problem ?? problem;
    return { ...result, ...(found && { problem: found }), ...proven };
  }

  /** Returns how long records are kept, and how many there are. */
  async extent(): Promise<AuditExtent> {
    await this.#sealer.sealAll();
    return readExtent(this.#database, this.#options.retentionDays ?? null);
  }

  /** Returns the value by which records about this patient are found. */
  subjectOf(nhsNumber: string): string {
    return this.#seal.subject(nhsNumber).hmac;
  }

  /** Decrypts the NHS number of a record; undefined if it concerns no patient. The caller records this. */
  async openSubject(seq: number): Promise<string | undefined> {
    const sealed = await this.#records.sealedSubject(seq);
    return sealed === undefined ? undefined : this.#seal.openSubject(sealed);
  }

  /** Runs all regular work of each minute. */
  async tick(): Promise<void> {
    await this.sealOwn();
    await this.maintain();
    await this.sweep();
  }

  /** Seals this process's records; every process does this. */
  async sealOwn(): Promise<void> {
    await this.#writeUnproven();
    await this.#sealer.sealAll();
    await this.#heads.keep(false);
  }

  /** Seals records of other processes, anchors all chains and deletes old records; one process does this for all. */
  async maintain(): Promise<void> {
    await this.#sealer.adopt();
    const parts = {
      database: this.#database,
      clock: this.#clock,
      anchorLog: this.#options.anchorLog ?? this.#options.log ?? silentLog,
      recordStatement: (entry: AuditEntry, heads: readonly ChainHead[]) =>
        this.#sealer.entryStatement(this.#encode(entry, undefined, heads)),
    };
    await anchorChains(parts);
    if (this.#options.retentionDays !== undefined) await deleteOldRecords(parts, this.#options.retentionDays);
    await this.#sealer.sealAll();
    await this.#heads.keep(true);
  }

  /** Accepts that a restore made the log shorter. */
  async acceptRestore(): Promise<void> {
    await this.#sealer.sealAll();
    await this.#heads.restored();
  }

  /** Removes the rows of deleted records. Returns whether rows remain after a limited number of batches. */
  sweep(): Promise<boolean> {
    return removeDeletedRecords(this.#database);
  }

  /** Seals the remaining records. */
  async close(): Promise<void> {
    await this.#writeUnproven();
    await this.#sealer.close();
    if (this.#sealer.hasWritten) await this.#heads.keep(true);
  }

  async #writeUnproven(): Promise<void> {
    const since = new Date(this.#unprovenSince).toISOString();
    this.#unprovenSince = this.#clock.now();
    await Promise.all(
      this.#unproven.take().map(({ endpoint, network, count }) =>
        this.recordAlone({
          action: 'unproven.refused',
          outcome: 'refused',
          actor: auditWriter,
          target: endpoint,
          address: network,
          detail: { count, since },
        }),
      ),
    );
  }

  #encode(entry: AuditEntry, request: Activity | undefined, heads?: readonly ChainHead[]): EncodedEntry {
    const actor = this.#options.actor?.() ?? entry.actor;
    const acted = actor === entry.actor ? entry : { ...entry, actor };
    const sealed = acted.subject ? this.#seal.subject(acted.subject) : undefined;
    request?.noteAct(acted);
    return encodeEntry(acted, this.#clock.now(), sealed, heads);
  }
}

/** Maximum number of networks counted separately in a minute; calls of all others are counted together. */
const maxNetworks = 1_000;

interface UnprovenSum {
  endpoint: string;
  network: string;
  count: number;
}

/** Counts refused unauthenticated callers, so that a flood of them does not fill the audit log. */
class UnprovenSums {
  #sums = new Map<string, UnprovenSum>();

  add(endpoint: string, address: string): void {
    const network = callerNetwork(address);
    const full = this.#sums.size >= maxNetworks;
    const key = `${endpoint} ${full && !this.#sums.has(`${endpoint} ${network}`) ? 'others' : network}`;
    const sum = this.#sums.get(key) ?? { endpoint, network: key.slice(endpoint.length + 1), count: 0 };
    sum.count += 1;
    this.#sums.set(key, sum);
  }

  /** Returns the sums so far and resets them. */
  take(): UnprovenSum[] {
    const sums = [...this.#sums.values()];
    this.#sums = new Map();
    return sums;
  }
}
