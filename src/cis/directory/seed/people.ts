import type { Person, RoleProfile } from '../../protocol.ts';

type Rights = Pick<RoleProfile, 'roleCode' | 'roleName' | 'activities' | 'workgroups' | 'areasOfWork'>;

const prescribing = { name: 'Independent Prescribing', code: 'B0420' };
const medication = { name: 'View Patient Medication', code: 'B0401' };
const records = { name: 'View detailed health records', code: 'B0360' };
const demographics = { name: 'Amend Patient Demographics', code: 'B0825' };
const preparation = { name: 'Perform Prescription Preparation', code: 'B0278' };
const workgroups = { name: 'Manage Workgroups', code: 'B0100' };
const membership = { name: 'Manage Workgroup Membership', code: 'B0090' };

/** The job roles of the seeded people. The national list has its own terms and is not bundled. */
export const seedRoles = {
  generalPractitioner: {
    roleCode: 'S0010:G0020:R0260',
    roleName: '"Clinical":"Medical":"General Medical Practitioner"',
    activities: [prescribing, medication, records, demographics],
    workgroups: [{ name: 'AUG 2017 WKGP', code: '655694018104' }],
    areasOfWork: [],
  },
  practitioner: {
    roleCode: 'S8000:G8000:R8000',
    roleName: '"Clinical":"Clinical Provision":"Clinical Practitioner Access Role"',
    activities: [prescribing, medication, records, demographics],
    workgroups: [],
    areasOfWork: [],
  },
  nurse: {
    roleCode: 'S8000:G8000:R8001',
    roleName: '"Clinical":"Clinical Provision":"Nurse Access Role"',
    activities: [medication, records, demographics],
    workgroups: [],
    areasOfWork: [],
  },
  phlebotomyNurse: {
    roleCode: 'S8000:G8000:R8001',
    roleName: '"Clinical":"Clinical Provision":"Nurse Access Role"',
    activities: [medication, records],
    workgroups: [{ name: 'CAR-384', code: '555653110100' }],
    areasOfWork: [{ name: '"Pathology":"Pathology":"Phlebotomy"', code: 'P0020:Q0300:T0640' }],
  },
  professional: {
    roleCode: 'S8000:G8000:R8003',
    roleName: '"Clinical":"Clinical Provision":"Health Professional Access Role"',
    activities: [medication, records, preparation],
    workgroups: [],
    areasOfWork: [],
  },
  administrator: {
    roleCode: 'S8001:G8002:R8008',
    roleName: '"Admin & Clerical":"Admin & Clerical":"Admin/Clinical Support Access Role"',
    activities: [demographics],
    workgroups: [],
    areasOfWork: [],
  },
  registrationManager: {
    roleCode: 'S0080:G0450:R5080',
    roleName: '"Admin & Clerical":"Management - A & C":"Registration Authority Manager"',
    activities: [workgroups, membership],
    workgroups: [],
    areasOfWork: [],
  },
} satisfies Record<string, Rights>;

type SeedRole = keyof typeof seedRoles;

/** Fictional organisations with codes from public test material. */
const seedOrganisations = {
  alder: { code: 'A9A5A', name: 'Alder Vale Test Practice' },
  birch: { code: 'B9A5A', name: 'Birch Lane Test Clinic' },
  cedar: { code: 'Y90128', name: 'Cedar Row Test Pharmacy' },
  dogwood: { code: 'A21293', name: 'Dogwood Road Test Surgery' },
  elm: { code: 'RBA', name: 'Elm Park Test Hospital' },
} as const;

type SeedOrganisation = keyof typeof seedOrganisations;

/** A seeded person, abbreviated. */
interface SeedPerson {
  /** Last three digits of the uid. */
  id: string;
  persona: string;
  /** Title, given name, middle names, family name. */
  name: readonly [string, string, string, string];
  roles: readonly (readonly [SeedRole, SeedOrganisation])[];
  authenticators: readonly string[];
  idAssuranceLevel?: string;
  professionalIds?: Person['professionalIds'];
  gnc?: string;
}

const person = (
  id: string,
  persona: string,
  name: SeedPerson['name'],
  roles: SeedPerson['roles'],
  authenticators: readonly string[],
  more: Pick<SeedPerson, 'idAssuranceLevel' | 'professionalIds' | 'gnc'> = {},
): SeedPerson => ({ id, persona, name, roles, authenticators, ...more });

const gp = [['generalPractitioner', 'alder']] as const;
const practitioner = [['practitioner', 'alder']] as const;
const administrator = [['administrator', 'alder']] as const;
const adminRoles = [
  ['administrator', 'alder'],
  ['registrationManager', 'birch'],
] as const;
const nurseRoles = [
  ['nurse', 'alder'],
  ['phlebotomyNurse', 'birch'],
  ['nurse', 'elm'],
] as const;
const locumRoles = [
  ['practitioner', 'alder'],
  ['professional', 'alder'],
  ['practitioner', 'birch'],
  ['administrator', 'birch'],
  ['professional', 'cedar'],
  ['practitioner', 'dogwood'],
  ['professional', 'dogwood'],
  ['practitioner', 'elm'],
] as const;

/** All people are fictional. Their uids are from public test material. */
const people: readonly SeedPerson[] = [
  person('108', 'gp', ['Dr', 'Harriet', 'Jane', 'Quillfeather'], gp, ['smartcard', 'securityKey'], {
    professionalIds: { gmc: 'GMC123', gmp: 'GMP123' },
  }),
  person('107', 'clinician', ['Mr', 'Osric', '', 'Pennywhistle'], practitioner, ['smartcard'], {
    professionalIds: { gphc: 'GPhC123' },
  }),
  person('104', 'admin', ['Ms', 'Tamsin', '', 'Ledgerwood'], adminRoles, ['smartcard', 'windowsHello']),
  person('105', 'nurse', ['Mrs', 'Winifred', 'Mae', 'Harbottle'], nurseRoles, ['smartcard', 'passkey'], {
    professionalIds: { nmc: 'NMC123', rcn: 'RCN123' },
    gnc: 'GNC123',
  }),
  person('106', 'locum', ['Dr', 'Barnaby', '', 'Thistlewick'], locumRoles, ['smartcard', 'tabletApp'], {
    professionalIds: { gmc: 'GMC124' },
  }),
  person('109', 'clinician-aal2', ['Miss', 'Clementine', '', 'Marrowby'], practitioner, ['authenticatorApp']),
  person('110', 'aal1', ['Mr', 'Rufus', '', 'Copperdale'], administrator, ['password']),
  person('111', 'gp-aal2', ['Dr', 'Philippa', '', 'Gossamer'], gp, ['authenticatorApp', 'passkey'], {
    professionalIds: { gmc: 'GMC125' },
  }),
  person('112', 'admin-aal2', ['Mx', 'Robin', '', 'Inkersole'], administrator, ['authenticatorApp']),
  person('113', 'starter', ['Mr', 'Fergus', '', 'Newbolt'], [], ['smartcard']),
  person('114', 'unproven', ['Ms', 'Ottoline', '', 'Vagueley'], practitioner, ['smartcard'], {
    idAssuranceLevel: '1',
  }),
  person('115', 'locked', ['Mr', 'Silas', '', 'Padlockson'], practitioner, ['smartcard']),
  person('116', 'expired', ['Mrs', 'Agatha', '', 'Yesterby'], practitioner, ['smartcard']),
  person('117', 'revoked', ['Mr', 'Jasper', '', 'Nullworthy'], practitioner, ['smartcard']),
  person('118', 'renew', ['Ms', 'Beatrix', '', 'Soonham'], practitioner, ['smartcard']),
  person('119', 'foreign', ['Mr', 'Leopold', '', 'Awayfield'], practitioner, ['smartcard']),
];

/** Returns an id of 12 digits that is the same after every reset: 555, the end of the uid, the purpose and a number. */
const stableId = (uid: string, purpose: '24' | '42', number: number): string =>
  `555${uid.slice(-4)}${purpose}${String(number).padStart(3, '0')}`;

function expand({ id, persona, name, roles, authenticators, ...rest }: SeedPerson): Person {
  const uid = `656005750${id}`;
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

export const seedPeople = (): Person[] => people.map(expand);
