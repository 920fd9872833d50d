interface Payload {
  grantId?: string;
  uid?: string;
  consumed?: number;
  [member: string]: unknown;
}

/** Storage of oidc-provider in memory without a limit: its own keeps only the last thousand entries, including sessions. */
export class MemoryAdapter {
  static readonly #entries = new Map<string, Payload>();
  static readonly #sessions = new Map<string, string>();
  static readonly #grants = new Map<string, string[]>();
  readonly #model: string;

  constructor(model: string) {
    this.#model = model;
  }

  async upsert(id: string, payload: Payload): Promise<void> {
    const key = this.#key(id);
    MemoryAdapter.#entries.set(key, payload);
    if (payload.uid && this.#model === 'Session') MemoryAdapter.#sessions.set(payload.uid, id);
    if (!payload.grantId) return;
    const keys = MemoryAdapter.#grants.get(payload.grantId) ?? [];
    MemoryAdapter.#grants.set(payload.grantId, keys);
    keys.push(key);
  }

  async find(id: string): Promise<Payload | undefined> {
    return MemoryAdapter.#entries.get(this.#key(id));
  }

  async findByUid(uid: string): Promise<Payload | undefined> {
    const id = MemoryAdapter.#sessions.get(uid);
    return id === undefined ? undefined : this.find(id);
  }

  async findByUserCode(): Promise<undefined> {}

  async consume(id: string): Promise<void> {
    const payload = MemoryAdapter.#entries.get(this.#key(id));
    if (payload) payload.consumed = Math.floor(Date.now() / 1_000);
  }

  async destroy(id: string): Promise<void> {
    MemoryAdapter.#entries.delete(this.#key(id));
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    for (const key of MemoryAdapter.#grants.get(grantId) ?? []) MemoryAdapter.#entries.delete(key);
    MemoryAdapter.#grants.delete(grantId);
  }

  #key(id: string): string {
    return `${this.#model}:${id}`;
  }
}
