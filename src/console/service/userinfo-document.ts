import { z } from 'zod';
import type { Person } from '../../cis/protocol.ts';
import { isSent, userClaims } from '../../cis2/protocol.ts';

/** Returns a person as CIS2 would to a relying party with all scopes: without empty texts, but with empty lists. */
export function userinfoDocument(person: Person): Record<string, unknown> {
  const claims = userClaims.map(([name, of]) => [name, of(person)] as const);
  const sent = claims.filter(([, value]) => isSent(value));
  return { sub: person.uid, ...Object.fromEntries(sent), ...person.otherClaims };
}

const text = z.string().max(300);
const texts = z.union([text.transform((one) => [one]), z.array(text).max(200)]).default([]);
const id = z.union([text, z.number().transform(String)]);

const role = z.looseObject({
  person_orgid: id.optional(),
  person_roleid: id.optional(),
  org_code: text,
  role_name: text,
  role_code: text,
  activities: texts,
  activity_codes: texts,
  workgroups: texts,
  workgroups_codes: texts,
  aow: texts,
  aow_codes: texts,
});

const membership = z.looseObject({
  person_orgid: id.optional(),
  org_name: text.optional(),
  org_code: text,
  gnc: text.optional(),
});

const list = <T extends z.ZodType>(entry: T) =>
  z
    .union([z.array(entry).max(100), entry.transform((one) => [one] as z.output<T>[])])
    .optional()
    .transform((entries) => entries as z.output<T>[] | undefined);

/** The members of a userinfo document that map to members of a person. Others are allowed. */
export const userinfoShape = z.looseObject({
  sub: id.optional(),
  uid: id.optional(),
  nhsid_useruid: id.optional(),
  name: text.optional(),
  title: text.optional(),
  given_name: text.optional(),
  middle_names: text.optional(),
  family_name: text.optional(),
  initials: text.optional(),
  display_name: text.optional(),
  email: text.optional(),
  idassurancelevel: id.optional(),
  nhsid_nrbac_roles: list(role),
  nhsid_user_orgs: list(z.looseObject({ org_name: text.optional(), org_code: text })),
  nhsid_org_memberships: list(membership),
  nhsid_org_roles: list(membership),
});

export type UserinfoDocument = z.output<typeof userinfoShape>;

const coded = (names: readonly string[], codes: readonly string[]) =>
  codes.map((code, index) => ({ name: names[index] ?? code, code }));

const professions = ['gmc', 'gmp', 'gdc', 'gdp', 'gphc', 'nmc', 'rcn', 'consultant'] as const;

/** Returns each organisation of a document once. Membership overrides a mere role. */
function organisationsOf(document: UserinfoDocument, nameOf: (code: string) => string | undefined) {
  const members = (document.nhsid_org_memberships ?? []).map((entry) => ({ ...entry, member: true }));
  const others = (document.nhsid_org_roles ?? []).map((entry) => ({ ...entry, member: false }));
  const byCode = new Map(
    [...others, ...members].map(({ person_orgid, org_name, org_code, gnc, member }) => [
      org_code,
      {
        ...(person_orgid === undefined ? {} : { personOrgId: person_orgid }),
        orgCode: org_code,
        orgName: org_name ?? nameOf(org_code),
        member,
        ...(gnc === undefined ? {} : { gnc }),
      },
    ]),
  );
  return [...byCode.values()];
}

/** Returns the distinct uids in a document. */
export const uidsOf = ({ sub, uid, nhsid_useruid }: UserinfoDocument): string[] => [
  ...new Set([sub, uid, nhsid_useruid].filter((value) => value !== undefined)),
];

/** Returns the members of a person for the directory. Absent claims remain absent. */
export function personOfUserinfo(document: UserinfoDocument): Record<string, unknown> {
  const names = new Map(
    (document.nhsid_user_orgs ?? []).map(({ org_name, org_code }) => [org_code, org_name]),
  );
  const nameOf = (code: string) => names.get(code);
  const ids = professions.flatMap((kind) => {
    const value = document[`${kind}_id`];
    return typeof value === 'string' ? [[kind, value]] : [];
  });
  const person: Record<string, unknown> = {
    title: document.title,
    givenName: document.given_name,
    middleNames: document.middle_names,
    familyName: document.family_name,
    initials: document.initials,
    displayName: document.display_name ?? document.name,
    email: document.email,
    idAssuranceLevel: document.idassurancelevel,
    roles: document.nhsid_nrbac_roles?.map((entry) => ({
      roleId: entry.person_roleid,
      personOrgId: entry.person_orgid,
      roleCode: entry.role_code,
      roleName: entry.role_name,
      orgCode: entry.org_code,
      orgName: nameOf(entry.org_code),
      activities: coded(entry.activities, entry.activity_codes),
      workgroups: coded(entry.workgroups, entry.workgroups_codes),
      areasOfWork: coded(entry.aow, entry.aow_codes),
    })),
    organisations:
      document.nhsid_org_memberships || document.nhsid_org_roles
        ? organisationsOf(document, nameOf)
        : undefined,
    professionalIds: ids.length > 0 ? Object.fromEntries(ids) : undefined,
  };
  return Object.fromEntries(Object.entries(person).filter(([, value]) => value !== undefined));
}

const isEmpty = (value: unknown): boolean =>
  value === undefined || value === '' || (Array.isArray(value) && value.length === 0);

/** Returns whether a value includes everything in another one, except its empty members. */
function includes(value: unknown, wanted: unknown): boolean {
  if (isEmpty(wanted) || value === wanted) return true;
  if (typeof value !== 'object' || typeof wanted !== 'object' || value === null || wanted === null)
    return false;
  if (Array.isArray(wanted) && (!Array.isArray(value) || value.length !== wanted.length)) return false;
  return Object.entries(wanted).every(([name, part]) =>
    includes((value as Record<string, unknown>)[name], part),
  );
}

/** Returns the members of a document, unchanged, that the mapped person does not include. */
export const unmappedClaims = (
  document: UserinfoDocument,
  mapped: Readonly<Record<string, unknown>>,
  sent: Readonly<Record<string, unknown>>,
): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(document)
      .filter(([name, value]) => !includes(mapped[name], value))
      .map(([name]) => [name, sent[name]]),
  );
