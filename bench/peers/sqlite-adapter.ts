import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

type Payload = Record<string, unknown> & { grantId?: string; uid?: string };

const folder = mkdtempSync(join(tmpdir(), 'alongside-bench-peer-'));
const database = new DatabaseSync(join(folder, 'peer.db'));
process.once('SIGTERM', () => {
  rmSync(folder, { recursive: true });
  process.exit();
});
database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
  CREATE TABLE entry (key TEXT PRIMARY KEY, payload TEXT NOT NULL, grant_id TEXT, uid TEXT);
  CREATE INDEX entry_grant ON entry (grant_id) WHERE grant_id IS NOT NULL;
  CREATE INDEX entry_uid ON entry (uid) WHERE uid IS NOT NULL`);
const statements = {
  upsert: database.prepare('INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?)'),
  find: database.prepare('SELECT payload FROM entry WHERE key = ?'),
  findByUid: database.prepare('SELECT payload FROM entry WHERE uid = ?'),
  consume: database.prepare("UPDATE entry SET payload = json_set(payload, '$.consumed', ?) WHERE key = ?"),
  destroy: database.prepare('DELETE FROM entry WHERE key = ?'),
  revoke: database.prepare('DELETE FROM entry WHERE grant_id = ?'),
};
const parsed = (row: unknown): Payload | undefined =>
  row === undefined ? undefined : (JSON.parse((row as { payload: string }).payload) as Payload);

/** Storage of oidc-provider in SQLite with durable calls: an adapter as in its documentation. */
export class SqliteAdapter {
  readonly #model: string;

  constructor(model: string) {
    this.#model = model;
  }

  async upsert(id: string, payload: Payload): Promise<void> {
    const uid = this.#model === 'Session' ? (payload.uid ?? null) : null;
    statements.upsert.run(this.#key(id), JSON.stringify(payload), payload.grantId ?? null, uid);
  }

  async find(id: string): Promise<Payload | undefined> {
    return parsed(statements.find.get(this.#key(id)));
  }

  async findByUid(uid: string): Promise<Payload | undefined> {
    return parsed(statements.findByUid.get(uid));
  }

  async findByUserCode(): Promise<undefined> {}

  async consume(id: string): Promise<void> {
    statements.consume.run(Math.floor(Date.now() / 1_000), this.#key(id));
  }

  async destroy(id: string): Promise<void> {
    statements.destroy.run(this.#key(id));
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    statements.revoke.run(grantId);
  }

  #key(id: string): string {
    return `${this.#model}:${id}`;
  }
}
