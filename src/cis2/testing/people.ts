import type { Person, RoleProfile } from '../../cis/protocol.ts';

export const gpRole: RoleProfile = {
  roleId: '555254240100',
  personOrgId: '555254239107',
  roleCode: 'S0010:G0020:R0260',
  roleName: '"Clinical":"Clinical Provision":"General Medical Practitioner"',
  orgCode: 'A9A5A',
  orgName: 'Example Surgery',
  activities: [
    { name: 'Independent Prescribing', code: 'B0420' },
    { name: 'Verify Prescription', code: 'B0068' },
  ],
  workgroups: [],
  areasOfWork: [],
};

export const nurseRole: RoleProfile = {
  ...gpRole,
  roleId: '093895563513',
  roleCode: 'S8000:G8000:R8001',
  roleName: '"Clinical":"Clinical Provision":"Nurse Access Role"',
  activities: [],
  workgroups: [{ name: 'CAR-384', code: '655694018104' }],
  areasOfWork: [{ name: '"Pathology":"Pathology":"Phlebotomy"', code: 'P0020:Q0300:T0640' }],
};

const person = (uid: string, familyName: string, more: Partial<Person> = {}): Person => ({
  uid,
  persona: null,
  title: 'Dr',
  givenName: 'Caius',
  middleNames: '',
  familyName,
  initials: 'C',
  displayName: `${familyName.toUpperCase()} Caius Dr`,
  email: `${familyName.toLowerCase()}@example.test`,
  idAssuranceLevel: '3',
  authenticators: ['smartcard'],
  organisations: [
    { personOrgId: '555254239107', orgCode: 'A9A5A', orgName: 'Example Surgery', member: true, gnc: '1234' },
  ],
  roles: [gpRole],
  professionalIds: { gmc: 'GMC123' },
  disabled: false,
  ...more,
});

export const gp = person('656005750108', 'Testone');
export const nurse = person('656005750105', 'Testtwo', {
  title: '',
  roles: [gpRole, nurseRole],
  professionalIds: {},
});
export const starter = person('656005750113', 'Testthree', { roles: [], organisations: [] });

const sites: readonly (readonly [string, string])[] = [
  ['A9A5A', 'Example Surgery'],
  ['B9A5A', 'Example Clinic'],
  ['RBA', 'Example Hospital <North & South>'],
];

/** Eight roles: more than a plain list shows. */
export const locum = person('656005750106', 'Testfour', {
  roles: Array.from({ length: 8 }, (_, index): RoleProfile => {
    const [orgCode, orgName] = sites[index % 3] as readonly [string, string];
    return { ...(index < 5 ? gpRole : nurseRole), roleId: `65600500000${index}`, orgCode, orgName };
  }),
});
