import { randomDigits } from '@alongside/kernel/ids';
import { errors } from '../errors.ts';
import type { Person } from '../protocol.ts';
import { firstProblem } from '../shapes.ts';
import { type PersonDraft, personShape } from './person-shape.ts';

const invalid = (field: string, problem: string) =>
  errors.personInvalid(`${field}: ${problem}`, { field, problem });

/** Validates an untrusted value. @throws Refusal `invalid_person` with the invalid field */
export function readDraft(value: unknown): PersonDraft {
  const result = personShape.safeParse(value);
  if (result.success) return result.data;
  const { field, problem } = firstProblem(result.error);
  throw invalid(field, problem);
}

/** Returns the name of an organisation: of the directory or, for a new organisation, of the caller. */
function nameOf(
  field: string,
  code: string,
  given: string | undefined,
  known: ReadonlyMap<string, string>,
): string {
  const name = known.get(code) ?? given;
  if (name === undefined) throw invalid(field, `is required: ${code} is not in the directory yet`);
  if (given !== undefined && given !== name)
    throw invalid(field, `must be "${name}", as the directory has it`);
  return name;
}

function refuseTwice(field: string, values: readonly string[]): void {
  if (new Set(values).size < values.length) throw invalid(field, 'must not be repeated');
}

type Organisations = Person['organisations'];

function completeOrganisations(draft: PersonDraft, known: ReadonlyMap<string, string>): Organisations {
  const list: Organisations = draft.organisations.map((entry, index) => ({
    personOrgId: entry.personOrgId ?? randomDigits(12),
    orgCode: entry.orgCode,
    orgName: nameOf(`organisations.${index}.orgName`, entry.orgCode, entry.orgName, known),
    member: entry.member,
    ...(entry.gnc === undefined ? {} : { gnc: entry.gnc }),
  }));
  for (const [index, role] of draft.roles.entries()) {
    if (list.some(({ orgCode }) => orgCode === role.orgCode)) continue;
    const orgName = nameOf(`roles.${index}.orgName`, role.orgCode, role.orgName, known);
    list.push({
      personOrgId: role.personOrgId ?? randomDigits(12),
      orgCode: role.orgCode,
      orgName,
      member: true,
    });
  }
  refuseTwice(
    'organisations.orgCode',
    list.map(({ orgCode }) => orgCode),
  );
  refuseTwice(
    'organisations.personOrgId',
    list.map(({ personOrgId }) => personOrgId),
  );
  return list;
}

function completeRoles(draft: PersonDraft, organisations: Organisations): Person['roles'] {
  const roles = draft.roles.map((role, index) => {
    const organisation = organisations.find(({ orgCode }) => orgCode === role.orgCode);
    if (!organisation) throw invalid(`roles.${index}.orgCode`, 'must be one of the organisations');
    const { personOrgId, orgName } = organisation;
    if (role.personOrgId !== undefined && role.personOrgId !== personOrgId)
      throw invalid(`roles.${index}.personOrgId`, `must be ${personOrgId}, as the organisation has it`);
    if (role.orgName !== undefined && role.orgName !== orgName)
      throw invalid(`roles.${index}.orgName`, `must be "${orgName}", as the organisation has it`);
    return { ...role, roleId: role.roleId ?? randomDigits(12), personOrgId, orgName };
  });
  refuseTwice(
    'roles.roleId',
    roles.map(({ roleId }) => roleId),
  );
  return roles;
}

export const orgCodesOf = ({ organisations, roles }: PersonDraft): string[] =>
  [...organisations, ...roles].map(({ orgCode }) => orgCode);

type NameParts = Pick<PersonDraft, 'givenName' | 'middleNames' | 'familyName' | 'title'>;

/** By characters, not by halves of them. */
const initialsOf = ({ givenName, middleNames }: NameParts): string =>
  [givenName, ...middleNames.split(' ')].map((part) => [...part][0]?.toUpperCase() ?? '').join('');

const displayNameOf = ({ familyName, givenName, title }: NameParts): string =>
  [familyName, givenName, title].filter(Boolean).join(' ');

/** Returns a person without initials and display name that follow from the other names, so that a changed name changes them. */
export const withoutDerivedNames = ({ initials, displayName, ...rest }: Person): Partial<Person> => ({
  ...rest,
  ...(initials === initialsOf(rest) ? {} : { initials }),
  ...(displayName === displayNameOf(rest) ? {} : { displayName }),
});

/**
 * Adds the missing members of a draft.
 * @param known names of organisations in the directory, by code
 * @throws Refusal `invalid_person` if the draft contradicts itself or the directory
 */
export function completePerson(draft: PersonDraft, uid: string, known: ReadonlyMap<string, string>): Person {
  const organisations = completeOrganisations(draft, known);
  return {
    ...draft,
    uid,
    initials: draft.initials ?? initialsOf(draft),
    displayName: draft.displayName ?? displayNameOf(draft),
    organisations,
    roles: completeRoles(draft, organisations),
  };
}
