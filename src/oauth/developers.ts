import { z } from 'zod';
import { type Database, must, type Statement, seldom, sql } from '../storage/database.ts';
import { integer, onceFor, type RowOf, row, sharedJson, storedObject } from '../storage/row.ts';
import type { Application } from './applications.ts';

const developerShape = storedObject({
  id: z.string(),
  name: z.string(),
  status: z.enum(['active', 'inactive']),
  /** The published errors of the two kinds differ. */
  kind: z.enum(['developer', 'company']),
  /** May be empty. */
  email: z.string(),
});
/** The owner of applications. While it is inactive, none of its applications may be used. */
export type Developer = z.infer<typeof developerShape>;

export interface StoredDeveloper extends Developer {
  revision: number;
}

const developerRow = row('developer', { body: sharedJson(developerShape), revision: integer });

const stored = onceFor(
  ({ body, revision }: RowOf<typeof developerRow>): StoredDeveloper => ({ ...body, revision }),
);

/** The developers of applications, read at each request, so that a change applies at once. */
export class Developers {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async get(id: string): Promise<StoredDeveloper | undefined> {
    const statement = seldom(sql('SELECT body, revision FROM developer WHERE id = ?', id), 'developer');
    const found = await this.#database.get(statement, developerRow);
    return found && stored(found);
  }

  async list(): Promise<StoredDeveloper[]> {
    const statement = sql('SELECT body, revision FROM developer ORDER BY id');
    return (await this.#database.all(statement, developerRow)).map(stored);
  }

  /**
   * Stores a new developer. Returns false if its id is taken.
   * @param others writes of the same act, such as its audit record
   */
  add(developer: Developer, ...others: Statement[]): Promise<boolean> {
    return this.#write(
      sql(
        'INSERT INTO developer (id, name, status, body, revision) VALUES (?, ?, ?, ?, 1) ON CONFLICT (id) DO NOTHING',
        developer.id,
        developer.name,
        developer.status,
        JSON.stringify(developer),
      ),
      others,
    );
  }

  /** Replaces this revision of a developer. Returns false if it is no longer the current one. */
  replace(developer: Developer, revision: number, ...others: Statement[]): Promise<boolean> {
    return this.#write(
      sql(
        'UPDATE developer SET name = ?, status = ?, body = ?, revision = revision + 1 WHERE id = ? AND revision = ?',
        developer.name,
        developer.status,
        JSON.stringify(developer),
        developer.id,
        revision,
      ),
      others,
    );
  }

  remove(id: string, ...others: Statement[]): Promise<boolean> {
    return this.#write(sql('DELETE FROM developer WHERE id = ?', id), others);
  }

  async #write(statement: Statement, others: readonly Statement[]): Promise<boolean> {
    return (await this.#database.batch([must(statement), ...others])).done;
  }
}

/** Returns whether an application may be used: it is approved and its developer is not inactive. */
export async function inGoodStanding(
  application: Application | undefined,
  developers: Pick<Developers, 'get'>,
): Promise<boolean> {
  if (application?.status !== 'approved') return false;
  return (await developers.get(application.developer))?.status !== 'inactive';
}
