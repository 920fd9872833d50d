import { z } from 'zod';
import { digits12 } from '../shapes.ts';

const words = (longest: number) =>
  z
    .string()
    .max(longest, `must have at most ${longest} characters`)
    .regex(/^\P{Cc}*$/u, 'must not hold control characters');

const name = words(100).min(1, 'must not be empty');

/** Code of an organisation in the Organisation Data Service. */
const odsCode = z
  .string()
  .regex(/^[A-Z0-9]{3,12}$/, 'must be an ODS code: 3 to 12 capital letters and digits');

/** As in the published userinfo response, with the quotation marks. */
const roleName = words(300).regex(
  /^"[^"]+"(:"[^"]+"){2}$/,
  'must be three quoted parts joined by colons: "Clinical":"Clinical Provision":"Nurse Access Role"',
);

const roleCode = z
  .string()
  .regex(/^S\d{4}:G\d{4}:R\d{4}$/, 'must be staff group, sub-group and job role: S8000:G8000:R8001');

const coded = (code: z.ZodType<string>) =>
  z.array(z.strictObject({ name, code })).max(200, 'must have at most 200 entries').default([]);

const activity = z.string().regex(/^B\d{4}$/, 'must be a business function: B0825');
const workgroup = z.string().regex(/^\d{10,12}$/, 'must be 10 to 12 digits');
const areaOfWork = z.string().regex(/^P\d{4}:Q\d{4}:T\d{4}$/, 'must be an area of work: P0020:Q0300:T0640');

const role = z.strictObject({
  roleId: digits12.optional(),
  personOrgId: digits12.optional(),
  roleCode,
  roleName,
  orgId: words(40).optional(),
  orgCode: odsCode,
  orgName: name.optional(),
  activities: coded(activity),
  workgroups: coded(workgroup),
  areasOfWork: coded(areaOfWork),
});

const organisation = z.strictObject({
  personOrgId: digits12.optional(),
  orgCode: odsCode,
  orgName: name.optional(),
  member: z.boolean('must be true or false').default(true),
  gnc: words(40).optional(),
});

const authenticators = [
  'smartcard',
  'securityKey',
  'windowsHello',
  'passkey',
  'tabletApp',
  'authenticatorApp',
  'password',
] as const;

const professionalId = words(40).min(1, 'must not be empty').optional();

/** A person from a caller, who may omit members that CIS can add. */
export const personShape = z.strictObject({
  uid: digits12.optional(),
  persona: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,39}$/, 'must be lower-case letters, digits and hyphens')
    .nullable()
    .default(null),
  title: words(35).default(''),
  givenName: name,
  middleNames: words(100).default(''),
  familyName: name,
  initials: words(20).optional(),
  displayName: words(200).optional(),
  email: z
    .string()
    .max(254, 'must have at most 254 characters')
    .regex(/^([^\s@]+@[^\s@]+)?$/, 'must be an e-mail address')
    .default(''),
  idAssuranceLevel: z.enum(['0', '1', '2', '3'], 'must be "0", "1", "2" or "3"').default('3'),
  authenticators: z
    .array(z.enum(authenticators, `must be of ${authenticators.join(', ')}`))
    .refine((list) => new Set(list).size === list.length, 'must not contain duplicates')
    .default(['smartcard']),
  organisations: z.array(organisation).max(100, 'must have at most 100 entries').default([]),
  roles: z.array(role).max(100, 'must have at most 100 entries').default([]),
  professionalIds: z
    .strictObject({
      gmc: professionalId,
      gmp: professionalId,
      gdc: professionalId,
      gdp: professionalId,
      gphc: professionalId,
      nmc: professionalId,
      rcn: professionalId,
      consultant: professionalId,
    })
    .default({}),
  disabled: z.boolean('must be true or false').default(false),
  otherClaims: z
    .record(z.string().max(100), z.unknown())
    .refine((claims) => JSON.stringify(claims).length <= 20_000, 'must have at most 20000 characters')
    .optional(),
});

export type PersonDraft = z.infer<typeof personShape>;
