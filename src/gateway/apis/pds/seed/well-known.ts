import { relatedPersonUrls } from '../vocabulary.ts';
import {
  addressKey,
  birthPlace,
  communication,
  contactPreference,
  type Draft,
  deathNotification,
  emergencyContact,
  located,
  named,
  organisation,
  pharmacy,
  reached,
  relatedPerson,
  removal,
  textphone,
} from './build.ts';

const period = { start: '2020-01-01', end: '2021-12-31' };
const street = ['1 Trevelyan Square', 'Boar Lane', 'City Centre', 'Leeds', 'West Yorkshire'];
const postcode = 'LS1 6AE';
const keys = [addressKey('PAF', '12345678'), addressKey('UPRN', '123456789012')];
const phone = '01632960587';
const birth = '2010-10-22';
const death = '2010-10-22T00:00:00+00:00';

const preference = contactPreference(
  { code: '12', display: 'Braille' },
  { code: '1', display: 'Letter' },
  'Not after 7pm',
);
const french = communication('fr', 'French', true);
const copies = [
  { url: relatedPersonUrls.copyCorrespondence, valueBoolean: true },
  { url: relatedPersonUrls.contactRank, valuePositiveInt: 1 },
  preference,
  french,
];

/** The extensions of the full example record. */
const allExtensions = [
  pharmacy('nominatedPharmacy', 'Y12345'),
  pharmacy('dispensingDoctor', 'Y23456'),
  pharmacy('applianceSupplier', 'Y34567'),
  deathNotification(2, death),
  french,
  preference,
  birthPlace('Manchester', 'Greater Manchester', 'GBR'),
  removal('SCT', 'Transferred to Scotland', {
    start: '2020-01-01T00:00:00+00:00',
    end: '2021-12-31T00:00:00+00:00',
  }),
];

const reachedBy = (email: string) => [
  reached('phone', phone, 'home', { period }),
  reached('email', email, 'home', { id: '790', period: { start: '2019-01-01', end: '2022-12-31' } }),
  reached('other', phone, 'home', { id: 'OC789', period, extension: [textphone] }),
];

const homeAndStay = [
  located(street, postcode, { period, extension: keys }),
  located(street, postcode, {
    id: 'T456',
    use: 'temp',
    text: 'Student Accommodation',
    period,
    extension: keys,
  }),
];

/** The fictitious patients of the published sandbox, under their published numbers. */
export const wellKnown: readonly Draft[] = [
  {
    id: '9000000009',
    version: 2,
    name: [named('Smith', ['Jane', 'Marie', 'Anne'], { period, prefix: ['Mrs'], suffix: ['MBE', 'PhD'] })],
    gender: 'female',
    birthDate: birth,
    multipleBirth: 1,
    deceased: death,
    practice: organisation('Y12345', { id: '254406A3', period }),
    managing: organisation('Y12345', { period }),
    extension: allExtensions,
    telecom: reachedBy('jane.smith@example.com'),
    contact: [emergencyContact('C123', period, phone)],
    address: homeAndStay,
    coverage: {
      card: 'ES456789012345',
      country: 'FRA',
      beneficiary: '5647382910',
      institution: 'ES11223',
      end: '2027-03-03',
    },
    related: [
      relatedPerson('9000000009', '507B7621', {
        name: [named('Smith', ['Jane'], { id: undefined, period, prefix: ['Mrs'], suffix: ['MBE'] })],
        address: [located(street, postcode, { id: undefined, period, extension: keys })],
        telecom: [reached('phone', phone, 'home', { id: undefined, period })],
        extension: copies,
      }),
      relatedPerson('9000000009', 'B3380E98', { extension: copies }),
    ],
  },
  {
    id: '9000000017',
    version: 2,
    name: [named('Smyth', ['Jayne', 'Marie', 'Anne'], { period, prefix: ['Mrs'], suffix: ['MBE', 'PhD'] })],
    gender: 'female',
    birthDate: birth,
    multipleBirth: 1,
    deceased: death,
    practice: organisation('Y12345', { id: '254406A3', period }),
    managing: organisation('Y12345', { period }),
    extension: allExtensions,
    telecom: reachedBy('jayne.smyth@example.com'),
    contact: [emergencyContact('C123', period, phone)],
    address: homeAndStay,
    related: [relatedPerson('9000000017', 'F4CF8B96', { extension: copies })],
  },
  {
    id: '9000000025',
    version: 2,
    confidentiality: 'R',
    name: [named('Smythe', ['Janet'], { period, prefix: ['Mrs'], suffix: ['MBE'] })],
    gender: 'female',
    // From the published search; the published retrieval has 2010-10-22.
    birthDate: '2005-06-16',
    multipleBirth: 1,
    deceased: '2005-06-16T00:00:00+00:00',
    practice: organisation('Y12345', { id: '254406A3', period }),
    managing: organisation('Y12345', { period }),
    telecom: [reached('email', 'janet.smythe@example.com', 'home', { period })],
    contact: [emergencyContact('C124', period, phone)],
    address: [located(street, postcode, { period, extension: keys })],
    extension: [
      deathNotification(2, '2005-06-16T00:00:00+00:00'),
      pharmacy('nominatedPharmacy', 'Y12345'),
      birthPlace('Manchester', 'Greater Manchester', 'GBR'),
    ],
    related: [relatedPerson('9000000025', '6A2C91D0', { extension: copies })],
  },
  { id: '9000000033', version: 2 },
  {
    id: '9693632109',
    version: 58,
    name: [named('GARTON', ['Bill'], { id: 'BTIsA', prefix: ['MR'] })],
    gender: 'female',
    birthDate: '1946-06-23',
    practice: organisation('A20047', { id: '254406A3', period: { start: '2012-05-22' } }),
    address: [located(['1 Jasper Street', '', 'SCUNTHORPE', 'S HUMBERSIDE'], 'DN15 9UG')],
    history: { name: [named('Bloggs', ['Joe'], { id: 'old1' })] },
  },
];
