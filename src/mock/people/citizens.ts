import { z } from 'zod';
import type { Database } from '../../storage/database.ts';
import { StoredRecords } from '../stored-records.ts';
import type { MockPerson, People } from './people.ts';

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
type Citizen = z.infer<typeof citizenShape>;

/** Maximum number of characters of a user id to look up. */
const maxNumberLength = 10;

export class AddedCitizens {
  readonly #records: StoredRecords<Citizen>;

  constructor(database: Database) {
    this.#records = new StoredRecords(database, 'mock.citizens.', citizenShape);
  }

  list(): Promise<Citizen[]> {
    return this.#records.list();
  }

  async find(nhsNumber: string): Promise<Citizen | undefined> {
    return nhsNumber.length > maxNumberLength ? undefined : this.#records.find(nhsNumber);
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

/** Fictional people with numbers of public test material. */
const citizens: readonly Citizen[] = [
  {
    nhsNumber: '9912003071',
    proofing: 'P9',
    vot: 'P9.Cp.Cd',
    givenName: 'Ambrose',
    familyName: 'FERNDALE',
    birthdate: '1968-02-12',
  },
  {
    nhsNumber: '9912003072',
    proofing: 'P5',
    vot: 'P5.Cp.Cd',
    givenName: 'Dulcie',
    familyName: 'WREXBY',
    birthdate: '1979-09-30',
  },
  {
    nhsNumber: '9912003073',
    proofing: 'P0',
    vot: 'P0.Cp',
    givenName: 'Casper',
    familyName: 'TARNWELL',
    birthdate: '1991-06-04',
  },
];

function personOf(citizen: Citizen, issuer: string): MockPerson {
  const { nhsNumber, proofing, vot, givenName, familyName, birthdate, email } = citizen;
  const shared = {
    nhs_number: nhsNumber,
    identity_proofing_level: proofing,
    family_name: familyName,
    birthdate,
  };
  return {
    sub: nhsNumber,
    idToken: {
      ...shared,
      surname: familyName,
      id_status: 'verified',
      token_use: 'id',
      vot: vot ?? `${proofing}.Cp${proofing === 'P0' ? '' : '.Cd'}`,
      vtm: `${issuer}/trustmark`,
    },
    userinfo: {
      sub: nhsNumber,
      ...shared,
      given_name: givenName,
      email: email ?? `${givenName.toLowerCase()}@example.test`,
      email_verified: true,
      phone_number: '+447700900000',
      phone_number_verified: true,
    },
  };
}

/** Returns the citizens of a provider like NHS login: the fictional ones, and those that testers added. */
export const citizensPeople = (added: AddedCitizens): People => ({
  prefix: 'NHS-Login-mock-',
  service: 'Mock sign-in for citizens',
  hint: '9912003071 (P9), 9912003072 (P5) or 9912003073 (P0), or an NHS number that was added',
  async find(username, issuer) {
    const citizen = (await added.find(username)) ?? citizens.find(({ nhsNumber }) => nhsNumber === username);
    return citizen && personOf(citizen, issuer);
  },
});
