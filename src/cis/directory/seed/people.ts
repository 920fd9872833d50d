import type { Person } from '../../protocol.ts';
import { type SeedOrganisation, seedOrganisations } from './organisations.ts';
import { type SeedRole, seedRoles } from './roles.ts';

/** A seeded person, abbreviated. */
interface SeedPerson {
  uid: string;
  persona: string;
  /** Title, given name, middle names, family name. */
  name: readonly [string, string, string, string];
  roles: readonly (readonly [SeedRole, SeedOrganisation])[];
  authenticators: readonly string[];
  idAssuranceLevel?: string;
  professionalIds?: Person['professionalIds'];
  gnc?: string;
}

const practitioner = [['practitioner', 'alder']] as const;

/** All people are fictional. Their uids are from public test material. */
const short: readonly SeedPerson[] = [
  {
    uid: '656005750108',
    persona: 'gp',
    name: ['Dr', 'Harriet', 'Jane', 'Quillfeather'],
    roles: [['generalPractitioner', 'alder']],
    authenticators: ['smartcard', 'securityKey'],
    professionalIds: { gmc: 'GMC123', gmp: 'GMP123' },
  },
  {
    uid: '656005750107',
    persona: 'clinician',
    name: ['Mr', 'Osric', '', 'Pennywhistle'],
    roles: practitioner,
    authenticators: ['smartcard'],
    professionalIds: { gphc: 'GPhC123' },
  },
  {
    uid: '656005750104',
    persona: 'admin',
    name: ['Ms', 'Tamsin', '', 'Ledgerwood'],
    roles: [
      ['administrator', 'alder'],
      ['registrationManager', 'birch'],
    ],
    authenticators: ['smartcard', 'windowsHello'],
  },
  {
    uid: '656005750105',
    persona: 'nurse',
    name: ['Mrs', 'Winifred', 'Mae', 'Harbottle'],
    roles: [
      ['nurse', 'alder'],
      ['phlebotomyNurse', 'birch'],
      ['nurse', 'elm'],
    ],
    authenticators: ['smartcard', 'passkey'],
    professionalIds: { nmc: 'NMC123', rcn: 'RCN123' },
    gnc: 'GNC123',
  },
  {
    uid: '656005750106',
    persona: 'locum',
    name: ['Dr', 'Barnaby', '', 'Thistlewick'],
    roles: [
      ['practitioner', 'alder'],
      ['professional', 'alder'],
      ['practitioner', 'birch'],
      ['administrator', 'birch'],
      ['professional', 'cedar'],
      ['practitioner', 'dogwood'],
      ['professional', 'dogwood'],
      ['practitioner', 'elm'],
    ],
    authenticators: ['smartcard', 'tabletApp'],
    professionalIds: { gmc: 'GMC124' },
  },
  {
    uid: '656005750109',
    persona: 'clinician-aal2',
    name: ['Miss', 'Clementine', '', 'Marrowby'],
    roles: practitioner,
    authenticators: ['authenticatorApp'],
  },
  {
    uid: '656005750110',
    persona: 'aal1',
    name: ['Mr', 'Rufus', '', 'Copperdale'],
    roles: [['administrator', 'alder']],
    authenticators: ['password'],
  },
  {
    uid: '656005750111',
    persona: 'gp-aal2',
    name: ['Dr', 'Philippa', '', 'Gossamer'],
    roles: [['generalPractitioner', 'alder']],
    authenticators: ['authenticatorApp', 'passkey'],
    professionalIds: { gmc: 'GMC125' },
  },
  {
    uid: '656005750112',
    persona: 'admin-aal2',
    name: ['Mx', 'Robin', '', 'Inkersole'],
    roles: [['administrator', 'alder']],
    authenticators: ['authenticatorApp'],
  },
  {
    uid: '656005750113',
    persona: 'starter',
    name: ['Mr', 'Fergus', '', 'Newbolt'],
    roles: [],
    authenticators: ['smartcard'],
  },
  {
    uid: '656005750114',
    persona: 'unproven',
    name: ['Ms', 'Ottoline', '', 'Vagueley'],
    roles: practitioner,
    authenticators: ['smartcard'],
    idAssuranceLevel: '1',
  },
  {
    uid: '656005750115',
    persona: 'locked',
    name: ['Mr', 'Silas', '', 'Padlockson'],
    roles: practitioner,
    authenticators: ['smartcard'],
  },
  {
    uid: '656005750116',
    persona: 'expired',
    name: ['Mrs', 'Agatha', '', 'Yesterby'],
    roles: practitioner,
    authenticators: ['smartcard'],
  },
  {
    uid: '656005750117',
    persona: 'revoked',
    name: ['Mr', 'Jasper', '', 'Nullworthy'],
    roles: practitioner,
    authenticators: ['smartcard'],
  },
  {
    uid: '656005750118',
    persona: 'renew',
    name: ['Ms', 'Beatrix', '', 'Soonham'],
    roles: practitioner,
    authenticators: ['smartcard'],
  },
  {
    uid: '656005750119',
    persona: 'foreign',
    name: ['Mr', 'Leopold', '', 'Awayfield'],
    roles: practitioner,
    authenticators: ['smartcard'],
  },
];

/** Returns an id of 12 digits that is the same after every reset: 555, the end of the uid, the purpose and a number. */
const stableId = (uid: string, purpose: '24' | '42', number: number): string =>
  `555${uid.slice(-4)}${purpose}${String(number).padStart(3, '0')}`;

function expand({ uid, persona, name, roles, authenticators, ...rest }: SeedPerson): Person {
  const [title, givenName, middleNames, familyName] = name;
  const places = [...new Set(roles.map(([, place]) => place))];
  const personOrgIdOf = (place: SeedOrganisation) => stableId(uid, '24', 100 + places.indexOf(place) + 1);
  return {
    uid,
    persona,
    title,
    givenName,
    middleNames,
    familyName,
    initials: `${givenName[0]}${middleNames[0] ?? ''}`,
    displayName: `${familyName} ${givenName} ${title}`,
    email: `${persona}@example.test`,
    idAssuranceLevel: rest.idAssuranceLevel ?? '3',
    authenticators: [...authenticators],
    organisations: places.map((place, index) => ({
      personOrgId: personOrgIdOf(place),
      orgCode: seedOrganisations[place].code,
      orgName: seedOrganisations[place].name,
      member: true,
      ...(rest.gnc !== undefined && index === 0 ? { gnc: rest.gnc } : {}),
    })),
    roles: roles.map(([role, place], index) => ({
      roleId: stableId(uid, '42', 100 + index + 1),
      personOrgId: personOrgIdOf(place),
      ...structuredClone(seedRoles[role]),
      orgCode: seedOrganisations[place].code,
      orgName: seedOrganisations[place].name,
    })),
    professionalIds: { ...rest.professionalIds },
    disabled: false,
  };
}

/** Returns the people of the seed. */
export const seedPeople = (): Person[] => short.map(expand);
