import { z } from 'zod';
import type { Database } from '../../storage/database.ts';
import { StoredRecords } from '../stored-records.ts';

const citizenShape = z.object({
  /** Also the user id. */
  nhsNumber: z.string(),
  /** Identity proofing; the first two characters are the level (identity-service-api). */
  proofing: z.enum(['P9', 'P5', 'P0']),
  givenName: z.string(),
  familyName: z.string(),
  /** ISO date. */
  birthdate: z.string(),
  email: z.string().optional(),
  /** Vector of trust (NHS login, vectors of trust); by default that of the proofing. */
  vot: z.string().optional(),
});

/** A user of the realms for citizens. */
export type Citizen = z.infer<typeof citizenShape>;

/** Maximum number of characters of a user id to look up. */
const longestNumber = 10;

/** Citizens that testers add. */
export class AddedCitizens {
  readonly #records: StoredRecords<Citizen>;

  constructor(database: Database) {
    this.#records = new StoredRecords(database, 'mock.citizens.', citizenShape);
  }

  list(): Promise<Citizen[]> {
    return this.#records.list();
  }

  async find(nhsNumber: string): Promise<Citizen | undefined> {
    return nhsNumber.length > longestNumber ? undefined : this.#records.find(nhsNumber);
  }

  /** Adds a citizen, or replaces the one with the same number. */
  put(citizen: Citizen): Promise<void> {
    return this.#records.put(citizen.nhsNumber, citizen);
  }

  /** Returns false if no citizen with this number was added. */
  remove(nhsNumber: string): Promise<boolean> {
    return this.#records.remove(nhsNumber);
  }

  /** Removes all, for a reset. */
  clear(): Promise<void> {
    return this.#records.clear();
  }
}
