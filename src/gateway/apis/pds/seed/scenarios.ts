import type { Address, Gender } from '../patient.ts';
import {
  addressKey,
  birthPlace,
  communication,
  type Draft,
  deathNotification,
  emergencyContact,
  located,
  named,
  nextOfKin,
  organisation,
  pharmacy,
  reached,
  relatedPerson,
  removal,
} from './build.ts';

const practice = organisation('A20047', { id: '3F1A77C2' });

/** One fictitious patient for each special property of a record. */
export const scenarios: readonly Draft[] = [
  // Restricted: the location is hidden, the identity is not.
  {
    id: '9727022820',
    version: 4,
    confidentiality: 'R',
    name: [named('Larkspur', ['Odette'], { prefix: ['Ms'] })],
    gender: 'female',
    birthDate: '1984-03-09',
    practice,
    telecom: [reached('phone', '07700900123', 'mobile')],
    contact: [emergencyContact('C201', { start: '2021-02-01' }, '07700900124')],
    address: [
      located(['12 Harbour Row', '', '', 'Whitby'], 'YO21 3PU', {
        extension: [addressKey('UPRN', '100050999101')],
      }),
    ],
    extension: [
      pharmacy('nominatedPharmacy', 'FA123'),
      communication('pl', 'Polish', false),
      birthPlace('Gdansk', 'Pomerania', 'POL'),
    ],
    related: [relatedPerson('9727022820', '9C04D1AA')],
  },
  // Very restricted: not even name and birth date.
  {
    id: '9727024610',
    version: 3,
    confidentiality: 'V',
    name: [named('Quill', ['Ambrose'])],
    gender: 'male',
    birthDate: '1979-11-30',
    practice,
    address: [located(['3 Mill Yard', '', '', 'Skipton'], 'BD23 1PT')],
    telecom: [reached('email', 'ambrose.quill@example.com', 'home')],
  },
  // Marked as invalid.
  {
    id: '9990003343',
    version: 7,
    invalidated: true,
    name: [named('Voided', ['Record'])],
    gender: 'unknown',
    birthDate: '1970-01-01',
  },
  // Merged into another record.
  {
    id: '5900053636',
    version: 5,
    supersededBy: '9732019395',
    name: [named('CUFF', ['Jane'])],
    gender: 'female',
    birthDate: '1926-01-07',
  },
  {
    id: '9732019395',
    version: 9,
    name: [named('CUFF', ['Jane'], { prefix: ['Mrs'] })],
    gender: 'female',
    birthDate: '1926-01-07',
    practice,
    address: [located(['7 Station Approach', '', '', 'Brigg'], 'DN20 0PQ')],
  },
  // Merged twice, one after the other.
  {
    id: '9732019735',
    version: 2,
    supersededBy: '9732019638',
    name: [named('Tansy', ['Bramwell'])],
    gender: 'male',
    // Recorded a day late.
    birthDate: '1991-04-18',
  },
  {
    id: '9732019638',
    version: 3,
    supersededBy: '9732110317',
    name: [named('Tansy', ['Bram'])],
    gender: 'male',
    birthDate: '1991-04-17',
  },
  {
    id: '9732110317',
    version: 6,
    name: [named('Tansy', ['Bram', 'Elias']), named('Tansy', ['Bramble'], { id: 'N02', use: 'nickname' })],
    gender: 'male',
    birthDate: '1991-04-17',
    practice,
    address: [located(['Flat 2', '41 Eastgate', '', 'Louth'], 'LN11 9NH')],
    // One with details of her own, and two that refer to their records, of which the first is restricted.
    related: [
      relatedPerson('9732110317', '4E0B7A10', { name: [named('Tansy', ['Wren'])] }, nextOfKin),
      ...['9727022820', '9732019395'].map((record, at) =>
        relatedPerson(record, `4E0B7A1${at + 1}`, {
          address: [located(['1 Kept Street', '', '', 'Louth'], 'LN11 9NJ')],
          telecom: [reached('phone', '07700900125', 'mobile')],
        }),
      ),
    ],
  },
  // Died: known informally, and from the registrar.
  {
    id: '5900046192',
    version: 3,
    name: [named('Fennimore', ['Gil'])],
    gender: 'male',
    birthDate: '1938-08-14',
    deceased: '2024-02-11T00:00:00+00:00',
    practice,
    address: [located(['9 Chapel Walk', '', '', 'Malton'], 'YO17 7LX')],
    extension: [deathNotification(1, '2024-02-12T00:00:00+00:00')],
  },
  {
    id: '5900056597',
    version: 4,
    name: [named('Aldous', ['Mirabel'])],
    gender: 'female',
    birthDate: '1941-12-02',
    deceased: '2023-06-30T00:00:00+00:00',
    address: [located(['22 Windmill Hill', '', '', 'Driffield'], 'YO25 6SL')],
    extension: [
      deathNotification(2, '2023-07-04T00:00:00+00:00'),
      removal('DEA', 'Death', { start: '2023-07-04T00:00:00+00:00' }),
    ],
  },
  // Removed from a practice for a confidential reason.
  {
    id: '5900057208',
    version: 2,
    name: [named('Pettigrew', ['Sol'])],
    gender: 'other',
    birthDate: '1996-05-21',
    address: [located(['5 Garrison Lane', '', '', 'Catterick'], 'DL9 3JG')],
    extension: [removal('AFN', 'Armed forces notified', { start: '2022-09-01T00:00:00+00:00' })],
  },
  {
    id: '5900059332',
    version: 2,
    name: [named('Marchbank', ['Ida'])],
    gender: 'female',
    birthDate: '2001-01-19',
    address: [located(['', '18 Canal Side', '', 'Selby', 'North Yorkshire'], 'YO8 8AE')],
    extension: [removal('LDN', 'Logical deletion', { start: '2022-10-01T00:00:00+00:00' })],
  },
  // No address.
  {
    id: '5900059073',
    version: 12,
    name: [named('Wren', ['Tobias'], { suffix: ['BSc'] })],
    gender: 'male',
    birthDate: '1988-02-29',
    practice,
  },
  // Compound names, apostrophes, accents, and no given name.
  {
    id: '9733162043',
    version: 2,
    name: [named("O'Hare-Smith", ['John Paul', 'James'])],
    gender: 'male',
    birthDate: '1999-06-15',
    practice,
    address: [located(['Rose Cottage', 'Church Lane', '', 'Brigg'], 'DN20 8JH')],
  },
  {
    id: '9736363015',
    version: 2,
    name: [named('Attisón', ['Zoë', 'Amélie'])],
    gender: 'female',
    birthDate: '1960-07-14',
    practice,
    telecom: [
      reached('email', 'Zoe.Attison@example.com', 'home'),
      reached('phone', '0091 9948052441', 'mobile', { id: '791' }),
    ],
    address: [located(['Ynys Lodge', 'Heol yr Afon', '', 'Llangefni'], 'LL77 7TW')],
  },
  {
    id: '9736363023',
    version: 2,
    name: [named('Attison', ['Zoe', 'Mary', 'Jane'])],
    gender: 'female',
    birthDate: '1960-07-14',
    practice,
    address: [located(['14 Quay Street', '', '', 'Hull'], 'HU1 2PU')],
  },
  {
    id: '9736363066',
    version: 1,
    name: [named('Solo', [])],
    gender: 'unknown',
    birthDate: '2020-09-01',
    practice,
  },
  // In Cornwall for the summer.
  {
    id: '9736363082',
    version: 3,
    name: [named('Wickham', ['Perran'])],
    gender: 'male',
    birthDate: '1987-03-14',
    practice,
    address: [
      located(['2 Lowgate', '', '', 'Hull'], 'HU1 1EL'),
      located(['Tide Cottage', 'Fore Street', '', 'Mousehole'], 'TR18 5EG', {
        id: 'T457',
        use: 'temp',
        text: 'Holiday Home',
        period: { start: '2026-06-01', end: '2026-08-31' },
      }),
    ],
    hiddenAddress: [located(['9 Kept Lane', '', '', 'Beverley'], 'HU17 8AA', { id: 'H458' })],
  },
  // Former values.
  {
    id: '9736363074',
    version: 8,
    name: [named('Hume', ['Casey'])],
    gender: 'male',
    birthDate: '1999-09-08',
    practice,
    telecom: [reached('email', 'new@example.com', 'home')],
    address: [located(['30 Priory Road', '', '', 'Beverley'], 'HU17 0ET')],
    history: {
      name: [named('Med', ['Casey'], { id: 'old1' })],
      gender: ['female'],
      telecom: [reached('email', 'historic@example.com', 'home', { id: 'old2' })],
      address: [located(['2 Old Mill', '', '', 'Barton'], 'DN18 5QP', { id: 'old3' })],
    },
  },
];

interface Member {
  id: string;
  given: string;
  gender: Gender;
  birthDate: string;
}

const household = (family: string, address: Address, members: readonly Member[]): Draft[] =>
  members.map(({ id, given, gender, birthDate }) => ({
    id,
    name: [named(family, [given])],
    gender,
    birthDate,
    practice,
    address: [address],
  }));

/** Four people with one name and one birth date. */
export const youds = household('YOUDS', located(['4 Mount Pleasant', '', '', 'Scunthorpe'], 'DN17 4AA'), [
  { id: '9693633679', given: 'Cyril', gender: 'male', birthDate: '1970-01-24' },
  { id: '9693633687', given: 'Dora', gender: 'female', birthDate: '1970-01-24' },
  { id: '9693633695', given: 'Evelyn', gender: 'unknown', birthDate: '1970-01-24' },
  { id: '9693633709', given: 'Frankie', gender: 'other', birthDate: '1970-01-24' },
]);

/** The citizen of the mock of NHS login, with identity proofing P9. */
export const citizens = household('FERNDALE', located(['10 Orchard Way', '', '', 'Leeds'], 'LS8 2AB'), [
  { id: '9912003071', given: 'Ambrose', gender: 'male', birthDate: '1968-02-12' },
]);
