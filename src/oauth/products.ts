import { type Database, must, type Statement, seldom, sql } from '../storage/database.ts';
import { type BodyRow, ParsedRows } from '../storage/parsed-rows.ts';
import type { PlatformRegistration } from './applications.ts';

/** A limit as API products carry it. `timeunit` and `ratelimit` as published: `minute`, `300pm`, `5ps`. */
export interface RateLimits {
  quota?: { enabled: boolean; limit: number; interval: number; timeunit: string };
  spikeArrest?: { enabled: boolean; ratelimit: string };
}

/** A bundle of APIs, named by their base paths, with the scopes that it grants. The authorisation service is one of the APIs. */
export interface Product {
  name: string;
  apis: string[];
  scopes: string[];
  /** Null lifts the published default. */
  limits: RateLimits | null;
}

export interface StoredProduct extends Product {
  revision: number;
}

interface ProductRow extends BodyRow {
  name: string;
}

/** The products of the platform. Read again at each request, so a change holds at once. */
export class Products {
  readonly #database: Database;
  readonly #parsed = new ParsedRows<Product>();

  constructor(database: Database) {
    this.#database = database;
  }

  async get(name: string): Promise<StoredProduct | undefined> {
    const row = await this.#database.get<ProductRow>(
      sql('SELECT name, body, revision FROM product WHERE name = ?', name),
    );
    return row && this.#parsed.of(row.name, row);
  }

  async list(): Promise<StoredProduct[]> {
    const rows = await this.#database.all<ProductRow>(
      sql('SELECT name, body, revision FROM product ORDER BY name'),
    );
    return rows.map((row) => this.#parsed.of(row.name, row));
  }

  /** The approved products of an application. */
  async of(registration: PlatformRegistration): Promise<StoredProduct[]> {
    const names = registration.products
      .filter((product) => product.status === 'approved')
      .map((product) => product.name);
    if (names.length === 0) return [];
    const marks = names.map(() => '?').join(', ');
    const rows = await this.#database.all<ProductRow>(
      seldom(
        sql(`SELECT name, body, revision FROM product WHERE name IN (${marks}) ORDER BY name`, ...names),
      ),
    );
    return rows.map((row) => this.#parsed.of(row.name, row));
  }

  /**
   * Stores a product, new or changed; with a revision only while that one is current.
   * @param others writes of the same act, such as its audit record
   */
  async save(product: Product, revision?: number, ...others: Statement[]): Promise<boolean> {
    const body = JSON.stringify(product);
    const save =
      revision === undefined
        ? sql(
            'INSERT INTO product (name, body, revision) VALUES (?, ?, 1) ON CONFLICT (name) DO UPDATE SET body = excluded.body, revision = product.revision + 1',
            product.name,
            body,
          )
        : sql(
            'UPDATE product SET body = ?, revision = revision + 1 WHERE name = ? AND revision = ?',
            body,
            product.name,
            revision,
          );
    return (await this.#database.batch([must(save), ...others])).done;
  }

  async remove(name: string, ...others: Statement[]): Promise<boolean> {
    const remove = must(sql('DELETE FROM product WHERE name = ?', name));
    return (await this.#database.batch([remove, ...others])).done;
  }
}

/** All scopes of these products, each once, in their order. */
export const scopesOf = (products: readonly Product[]): string[] => [
  ...new Set(products.flatMap((product) => product.scopes)),
];
