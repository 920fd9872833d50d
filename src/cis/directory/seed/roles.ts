import type { RoleProfile } from '../../protocol.ts';

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

export type SeedRole = keyof typeof seedRoles;
