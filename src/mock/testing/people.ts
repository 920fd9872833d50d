import type { Person, RoleProfile } from '../../cis/protocol.ts';

const role = (uid: string, number: number): RoleProfile => ({
  roleId: `555${uid.slice(-4)}4210${number}`,
  personOrgId: `555${uid.slice(-4)}2410${number}`,
  roleCode: 'S8000:G8000:R8000',
  roleName: '"Clinical":"Clinical Provision":"Clinical Practitioner Access Role"',
  orgCode: `A8300${number}`,
  orgName: 'ALDER MEDICAL PRACTICE',
  activities: [{ name: 'Manage Pharmacy', code: 'B0278' }],
  workgroups: [],
  areasOfWork: [],
});

const person = (uid: string, persona: string, authenticators: string[], roles: number): Person => ({
  uid,
  persona,
  title: 'Dr',
  givenName: 'Tilda',
  middleNames: '',
  familyName: 'Fernsby',
  initials: 'T',
  displayName: 'Fernsby Tilda Dr',
  email: `${persona}@example.test`,
  idAssuranceLevel: '3',
  authenticators,
  organisations: [],
  roles: Array.from({ length: roles }, (_, index) => role(uid, index + 1)),
  professionalIds: {},
  disabled: false,
});

/** The people in the directory of the tests. */
export const people: readonly Person[] = [
  person('656005750108', 'gp', ['smartcard', 'securityKey'], 1),
  person('656005750104', 'admin', ['smartcard', 'windowsHello'], 2),
  person('656005750105', 'nurse', ['passkey', 'smartcard'], 3),
  person('656005750111', 'gp-aal2', ['authenticatorApp', 'passkey'], 1),
  person('656005750110', 'aal1', ['password'], 1),
  person('656005750113', 'starter', [], 0),
  { ...person('656005750199', 'gone', ['smartcard'], 1), disabled: true },
];
