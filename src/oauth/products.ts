import { type RefusalFacts, shownRegistered } from '@alongside/kernel/refusal-facts';
import { z } from 'zod';
import { type Database, must, type Statement, seldom, sql } from '../storage/database.ts';
import { integer, onceFor, type RowOf, row, sharedJson, storedObject } from '../storage/row.ts';
import type { PlatformRegistration } from './applications.ts';
import { shown } from './check.ts';

const quota = storedObject({
  enabled: z.boolean(),
  limit: z.number(),
  interval: z.number(),
  timeunit: z.string(),
});
const limits = storedObject({
  quota: quota.optional(),
  spikeArrest: storedObject({ enabled: z.boolean(), ratelimit: z.string() }).optional(),
});
/** Limits of a product, with `timeunit` and `ratelimit` as published: `minute`, `300pm`, `5ps`. */
export type RateLimits = z.infer<typeof limits>;

const productShape = storedObject({
  name: z.string(),
  apis: z.array(z.string()),
  scopes: z.array(z.string()),
  /** Null for no limits, not even the published ones. */
  limits: limits.nullable(),
});
/** A bundle of APIs, by base path, with the scopes that it grants. The authorisation service is one of the APIs. */
export type Product = z.infer<typeof productShape>;

export interface StoredProduct extends Product {
  revision: number;
}

const productRow = row('product', { body: sharedJson(productShape), revision: integer });

const stored = onceFor(
  ({ body, revision }: RowOf<typeof productRow>): StoredProduct => ({ ...body, revision }),
);

/** The products of the platform, read at each request, so that a change applies at once. */
export class Products {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async get(name: string): Promise<StoredProduct | undefined> {
    const statement = sql('SELECT body, revision FROM product WHERE name = ?', name);
    const found = await this.#database.get(statement, productRow);
    return found && stored(found);
  }

  async list(): Promise<StoredProduct[]> {
    const statement = sql('SELECT body, revision FROM product ORDER BY name');
    return (await this.#database.all(statement, productRow)).map(stored);
  }

  /** Returns the approved products of an application. */
  async of(registration: PlatformRegistration): Promise<readonly StoredProduct[]> {
    const names = registration.products
      .filter((product) => product.status === 'approved')
      .map((product) => product.name);
    if (names.length === 0) return [];
    const marks = names.map(() => '?').join(', ');
    const statement = sql(
      `SELECT body, revision FROM product WHERE name IN (${marks}) ORDER BY name`,
      ...names,
    );
    return (await this.#database.all(seldom(statement, 'product'), productRow)).map(stored);
  }

  /**
   * Stores a new or changed product. With a revision, returns false if it is no longer the current one.
   * @param others writes of the same act, such as its audit record
   */
  async save(product: Product, revision?: number, ...others: Statement[]): Promise<boolean> {
    const save =
      revision === undefined
        ? this.saveStatement(product)
        : sql(
            'UPDATE product SET body = ?, revision = revision + 1 WHERE name = ? AND revision = ?',
            JSON.stringify(product),
            product.name,
            revision,
          );
    return (await this.#database.batch([must(save), ...others])).done;
  }

  /** Returns the statement that stores a new or changed product, whatever its revision. */
  saveStatement(product: Product): Statement {
    return sql(
      'INSERT INTO product (name, body, revision) VALUES (?, ?, 1) ON CONFLICT (name) DO UPDATE SET body = excluded.body, revision = product.revision + 1',
      product.name,
      JSON.stringify(product),
    );
  }

  async remove(name: string, ...others: Statement[]): Promise<boolean> {
    return (await this.#database.batch([must(this.removeStatement(name)), ...others])).done;
  }

  removeStatement(name: string): Statement {
    return sql('DELETE FROM product WHERE name = ?', name);
  }
}

/** Describes a requested scope of which none is among the possible ones. */
export const unknownScope = (text: string | undefined, possible: readonly string[]): RefusalFacts => ({
  field: 'scope',
  headline: 'No requested scope is one that the application may have',
  received: shown(text),
  expected:
    possible.length === 0
      ? 'a product with such a scope; there is none'
      : shownRegistered(text ?? '', possible),
});

/** Returns all scopes of these products once each, in their order. */
export const scopesOf = onceFor((products: readonly Product[]): readonly string[] =>
  Object.freeze([...new Set(products.flatMap(({ scopes }) => scopes))]),
);
