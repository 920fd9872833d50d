import type { MockPerson, People } from './people.ts';

interface Citizen {
  /** Also the user id. */
  nhsNumber: string;
  /** How well the identity is proven (identity-service-api: the first two characters are the level). */
  proofing: 'P9' | 'P5' | 'P0';
  /** Vector of trust (NHS login, vectors of trust). */
  vot: string;
  givenName: string;
  familyName: string;
  birthdate: string;
}

/** Fictional; their numbers are those of public test material. */
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

function describe(citizen: Citizen, issuer: string): MockPerson {
  const { nhsNumber, proofing, vot, givenName, familyName, birthdate } = citizen;
  const both = {
    nhs_number: nhsNumber,
    identity_proofing_level: proofing,
    family_name: familyName,
    birthdate,
  };
  return {
    sub: nhsNumber,
    idToken: {
      ...both,
      surname: familyName,
      id_status: 'verified',
      token_use: 'id',
      vot,
      vtm: `${issuer}/trustmark`,
    },
    userinfo: {
      sub: nhsNumber,
      ...both,
      given_name: givenName,
      email: `${givenName.toLowerCase()}@example.test`,
      email_verified: true,
      phone_number: '+447700900000',
      phone_number_verified: true,
    },
  };
}

/** Citizens as an NHS-login-like provider knows them. */
export const citizensPeople: People = {
  prefix: 'NHS-Login-mock-',
  service: 'Mock sign-in for citizens',
  hint: '9912003071 (P9), 9912003072 (P5) or 9912003073 (P0)',
  async find(username, issuer) {
    const citizen = citizens.find(({ nhsNumber }) => nhsNumber === username);
    return citizen && describe(citizen, issuer);
  },
};
