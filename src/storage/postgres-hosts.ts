import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf } from '@alongside/kernel/errors';
import { OperatorError } from '@alongside/kernel/operator';
import pg from 'pg';

interface Host {
  /** As in the setting, for people. */
  readonly name: string;
  readonly url: string;
}

/** The newest answer of each server that is not the primary. */
interface Answers {
  readonly problems: Map<Host, string>;
  isOver: boolean;
}

/** Milliseconds between two searches for the primary, and between two questions to a server. */
const searchPause = 250;

/** Returns the hosts of a connection string, in order: `postgres://h1,h2:5433/db` (libpq, section 34.1.1.3). */
export function hostsOf(setting: string): Host[] {
  const begin = setting.indexOf('://') + 3;
  const end = begin + setting.slice(begin).search(/[/?#]|$/);
  const after = setting.lastIndexOf('@', end - 1) + 1;
  const start = setting.slice(0, Math.max(begin, after));
  const names = setting.slice(start.length, end).split(',');
  if (names.length < 2) return [{ name: names[0] ?? '', url: setting }];
  const [path = '', search = ''] = setting.slice(end).split('?', 2);
  const query = new URLSearchParams(search);
  const attributes = query.get('target_session_attrs');
  if (attributes !== null && attributes !== 'read-write' && attributes !== 'primary')
    throw new OperatorError(
      `target_session_attrs=${attributes} of --database cannot be used: Alongside writes, so it must be read-write or primary.`,
    );
  query.delete('target_session_attrs');
  const rest = query.size === 0 ? '' : `?${query}`;
  return names.map((name) => ({ name: decodeURIComponent(name), url: `${start}${name}${path}${rest}` }));
}

/** The servers of a database, of which one is the primary. New connections lead to the one that was found last. */
export class PostgresHosts {
  readonly #hosts: readonly Host[];
  readonly #timeout: number;
  #current: Host;
  #searching: Promise<void> | undefined;
  #lastSearch = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  /** @param timeout milliseconds for a connection to a server */
  constructor(setting: string, timeout: number) {
    this.#hosts = hostsOf(setting);
    this.#timeout = timeout;
    this.#current = this.#hosts[0] as Host;
  }

  get url(): string {
    return this.#current.url;
  }

  /** Looks for the primary again, after a connection failed; at most a few times a second. */
  lost(): void {
    if (this.#isClosed || this.#hosts.length < 2 || performance.now() - this.#lastSearch < searchPause)
      return;
    void this.search().catch(() => undefined);
  }

  /** Searches no more: connections end in order. */
  close(): void {
    this.#isClosed = true;
  }

  /** Finds the primary. @throws Error with the answer of each server if there is none */
  search(): Promise<void> {
    if (this.#hosts.length < 2) return Promise.resolve();
    this.#searching ??= this.#search().finally(() => {
      this.#searching = undefined;
      this.#lastSearch = performance.now();
    });
    return this.#searching;
  }

  async #search(): Promise<void> {
    const answers: Answers = { problems: new Map(), isOver: false };
    // All at once, because a lost machine answers only by its time limit.
    const asked = this.#hosts.map((host) => this.#isPrimary(host, answers));
    const first = new Promise((resolve) => {
      for (const one of asked) void one.then((isPrimary) => isPrimary && resolve(true));
    });
    await Promise.race([first, Promise.all(asked)]);
    answers.isOver = true;
    // The first of the list wins, if it answers soon.
    const late = sleep(searchPause, false, { ref: false });
    for (const [n, host] of this.#hosts.entries())
      if (await Promise.race([asked[n], late])) {
        this.#current = host;
        return;
      }
    const problems = this.#hosts.map((host) => `${host.name}: ${answers.problems.get(host)}`);
    throw new Error(`no server takes writes (${problems.join('; ')})`);
  }

  /** Asks again until every server has answered once: a standby may take over while a lost primary is silent. */
  async #isPrimary(host: Host, answers: Answers): Promise<boolean> {
    for (;;) {
      const problem = await this.#problemOf(host);
      if (problem === undefined) return true;
      answers.problems.set(host, problem);
      if (answers.isOver || answers.problems.size === this.#hosts.length) return false;
      await sleep(searchPause);
    }
  }

  /** Returns why a server cannot be used; undefined for the primary. */
  async #problemOf({ url }: Host): Promise<string | undefined> {
    const client = new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: this.#timeout,
      query_timeout: this.#timeout,
    });
    client.on('error', () => undefined);
    try {
      await client.connect();
      const { rows } = await client.query("SELECT current_setting('transaction_read_only') AS value");
      return rows[0]?.value === 'off' ? undefined : 'it is a standby, or read-only';
    } catch (error) {
      return reasonOf(error);
    } finally {
      void client.end().catch(() => undefined);
    }
  }
}
