import type { Address, Gender } from '../patient.ts';
import {
  birthPlace,
  communication,
  type Draft,
  emergencyContact,
  located,
  named,
  organisation,
  reached,
} from './build.ts';

const practice = organisation('A20047', { id: '254406A3' });
const scunthorpe = (line: string, postcode: string): Address =>
  located([line, '', '', 'SCUNTHORPE'], postcode);

/** A person with a name, a gender, a date of birth and a home address. */
const person = (
  id: string,
  [family, ...given]: readonly [string, ...string[]],
  gender: Gender,
  birthDate: string,
  home: Address,
  more: Partial<Draft> = {},
): Draft => ({ id, name: [named(family, given)], gender, birthDate, address: [home], practice, ...more });

const stuart = located(['317 Stuart Streets', '', '', 'Leeds'], 'BAP 4WG');
const jasmine = located(['1 Jasmine Court', '', '', 'Ulceby'], 'DN19 7UD');

/** People whom a creation of a patient finds: one of each single match, two of each multiple match. */
const duplicates: readonly Draft[] = [
  person('9000000041', ['McMatch-Single', 'Jane'], 'female', '1982-07-10', stuart),
  person('9000000068', ['McMatch-Multiple', 'Louisa'], 'female', '1982-07-10', jasmine),
  person('9000000076', ['McMatch-Multiple', 'Louisa'], 'female', '1982-07-10', jasmine),
  person('5900054586', ['McMatch-Single', 'Mickey'], 'male', '1954-10-26', stuart),
  person('5900054608', ['McMatch-Multiple', 'Leandro', 'Gerry'], 'male', '1997-08-20', jasmine),
  person('5900054616', ['McMatch-Multiple', 'Leandro', 'Gerry'], 'male', '1997-08-20', jasmine),
];

/** Citizens with a European Health Insurance Card, without one, and with one that is not shown. */
const cards: readonly Draft[] = (
  [
    ['9733162868', 'Ottaway', { beneficiary: '5647382911', institution: 'DE98765' }],
    ['9733162876', 'Prentice', undefined],
    ['9733162884', 'Quarles', { institution: 'DE98765' }],
    ['9733162906', 'Rudd', { beneficiary: '5647382912', institution: 'DE98765', hidden: true }],
  ] as const
).map(([id, family, card]) =>
  person(id, [family, 'Robin'], 'female', '1990-05-05', scunthorpe('8 Card Street', 'DN15 7AA'), {
    version: id === '9733162868' ? 455 : 2,
    ...(card && { coverage: { card: 'DE12345678901234', country: 'DEU', end: '2027-03-03', ...card } }),
  }),
);

/** People of the examples in the specification and in the published tests, under their published numbers. */
export const published: readonly Draft[] = [
  {
    ...person(
      '9736363120',
      ['KNAPP', 'Kathy', 'Megan'],
      'female',
      '1943-07-03',
      scunthorpe('44 NEWLAND AVENUE', 'DN15 7HQ'),
    ),
    name: [named('KNAPP', ['Kathy', 'Megan'], { prefix: ['MISS'] })],
  },
  person(
    '5900020584',
    ['Smith', 'Sam', 'Matt'],
    'male',
    '2000-05-05',
    scunthorpe('21 Ferry Road', 'DN17 4AA'),
    {
      version: 4,
      telecom: [
        reached('phone', '0121000222', 'home'),
        reached('email', 'New@new.com', 'home', { id: '790' }),
      ],
      history: { telecom: [reached('email', 'Historic@historic.com', 'home', { id: 'old1' })] },
    },
  ),
  person('9733162450', ['MED', 'Alex'], 'male', '1999-09-09', scunthorpe('3 West Street', 'DN15 8BB'), {
    version: 3,
    history: { name: [named('HUME', ['Alex'], { id: 'old1' })], gender: ['female'] },
  }),
  person(
    '9693633121',
    ['attison', 'Pauline', 'Mary'],
    'female',
    '1960-07-14',
    scunthorpe('5 North Street', 'DN15 8CC'),
  ),
  person(
    '9693633148',
    ['attisón', 'Pauline'],
    'female',
    '1960-07-14',
    scunthorpe('6 North Street', 'DN15 8CC'),
  ),
  // The example "Compound name search" has a number with a wrong check digit.
  {
    ...person(
      '9000000084',
      ['Smith', 'John Paul', 'James'],
      'male',
      '2010-10-22',
      located(['1 Trevelyan Square', 'Boar Lane', 'City Centre', 'Leeds', 'West Yorkshire'], 'LS1 6AE'),
    ),
    name: [named('Smith', ['John Paul', 'James'], { prefix: ['Mr'], suffix: ['MBE'] })],
    version: 2,
  },
  // A citizen with all that citizens may change.
  person(
    '9900000285',
    ['Vickers', 'Noor'],
    'female',
    '1975-02-17',
    scunthorpe('12 East Street', 'DN15 8DD'),
    {
      telecom: [
        reached('phone', '01632960111', 'home'),
        reached('phone', '07700900111', 'mobile', { id: '790' }),
      ],
      contact: [emergencyContact('C301', { start: '2020-01-01' }, '07700900112')],
      extension: [communication('fr', 'French', true), birthPlace('Manchester', 'Greater Manchester', 'GBR')],
    },
  ),
  ...duplicates,
  ...cards,
];
