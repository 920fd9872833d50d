import { type Database, must, type Statement, seldom, sql } from '../storage/database.ts';
import { type BodyRow, ParsedRows } from '../storage/parsed-rows.ts';
import type { Application } from './applications.ts';

/** Who registers applications. While it is inactive none of its applications may do anything. */
export interface Developer {
  id: string;
  name: string;
  status: 'active' | 'inactive';
  /** A person who develops, or a company; the published refusals differ. */
  kind: 'developer' | 'company';
  /** Where it is reached; may be empty. */
  email: string;
}

export interface StoredDeveloper extends Developer {
  revision: number;
}

interface DeveloperRow extends BodyRow {
  id: string;
}

/** The developers of applications. Read again at each request, so a change holds at once. */
export class Developers {
  readonly #database: Database;
  readonly #parsed = new ParsedRows<Developer>();

  constructor(database: Database) {
    this.#database = database;
  }

  async get(id: string): Promise<StoredDeveloper | undefined> {
    const row = await this.#database.get<DeveloperRow>(
      seldom(sql('SELECT id, body, revision FROM developer WHERE id = ?', id)),
    );
    return row && this.#parsed.of(row.id, row);
  }

  async list(): Promise<StoredDeveloper[]> {
    const rows = await this.#database.all<DeveloperRow>(
      sql('SELECT id, body, revision FROM developer ORDER BY id'),
    );
    return rows.map((row) => this.#parsed.of(row.id, row));
  }

  /**
   * Stores a new developer; false when its id is taken.
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

  /** Replaces the revision that a changed developer was made from; false when another change came first. */
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

/** Whether an application may do anything now: it is approved, and whoever registered it is not inactive. */
export async function inGoodStanding(
  application: Application | undefined,
  developers: Pick<Developers, 'get'>,
): Promise<boolean> {
  if (application?.status !== 'approved') return false;
  return (await developers.get(application.developer))?.status !== 'inactive';
}
