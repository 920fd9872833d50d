import { freeze } from '@alongside/kernel/json';

/** A row whose body is JSON text, with the number of its revision. */
export interface BodyRow {
  body: string;
  revision: number;
}

/** Most rows that are remembered. */
const most = 1_000;

/**
 * What rows say, parsed once for as long as they say it. The rows themselves are read each time, so a change holds at once;
 * nobody can change what is shared.
 */
export class ParsedRows<T extends object> {
  readonly #known = new Map<string, { row: BodyRow; value: T & { revision: number } }>();

  of(key: string, { body, revision }: BodyRow): T & { revision: number } {
    const known = this.#known.get(key);
    if (known && known.row.revision === revision && known.row.body === body) return known.value;
    const value = freeze({ ...(JSON.parse(body) as T), revision });
    if (this.#known.size >= most) this.#known.clear();
    this.#known.set(key, { row: { body, revision }, value });
    return value;
  }
}
