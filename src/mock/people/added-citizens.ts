import { type Database, sql } from '../../storage/database.ts';

/** Somebody who can sign in at the realms for citizens. */
export interface Citizen {
  /** Also the user id. */
  nhsNumber: string;
  /** How well the identity is proven (identity-service-api: the first two characters are the level). */
  proofing: 'P9' | 'P5' | 'P0';
  givenName: string;
  familyName: string;
  /** ISO date. */
  birthdate: string;
  email?: string | undefined;
  /** Vector of trust (NHS login, vectors of trust); that of the proofing when absent. */
  vot?: string | undefined;
}

const prefix = 'mock.citizens.';

/** Citizens that testers add. Each is a setting of its own, so that two additions at the same time never lose one. */
export class AddedCitizens {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async list(): Promise<Citizen[]> {
    const rows = await this.#database.all<{ value: string }>(
      sql('SELECT value FROM setting WHERE substr(name, 1, ?) = ? ORDER BY name', prefix.length, prefix),
    );
    return rows.map(({ value }) => JSON.parse(value) as Citizen);
  }

  async find(nhsNumber: string): Promise<Citizen | undefined> {
    const row = await this.#database.get<{ value: string }>(
      sql('SELECT value FROM setting WHERE name = ?', prefix + nhsNumber.slice(0, 10)),
    );
    const citizen = row && (JSON.parse(row.value) as Citizen);
    return citizen?.nhsNumber === nhsNumber ? citizen : undefined;
  }

  /** Adds a citizen, or replaces the one with the same number. */
  async put(citizen: Citizen): Promise<void> {
    await this.#database.run(
      sql(
        'INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
        prefix + citizen.nhsNumber,
        JSON.stringify(citizen),
      ),
    );
  }

  /** Returns false when nobody was added with this number. */
  async remove(nhsNumber: string): Promise<boolean> {
    return (
      (await this.#database.run(sql('DELETE FROM setting WHERE name = ?', prefix + nhsNumber))).changes === 1
    );
  }

  /** Removes all, for a reset. */
  async clear(): Promise<void> {
    await this.#database.run(sql('DELETE FROM setting WHERE substr(name, 1, ?) = ?', prefix.length, prefix));
  }
}
