import { Refusal } from '@alongside/kernel/errors';
import { randomDigits } from '@alongside/kernel/ids';
import type { ImportAnswer, Person } from '../protocol.ts';
import type { ImportedPerson, ImportProblem } from './csv.ts';
import type { ChangedPerson, Directory } from './directory.ts';
import { completePerson, orgCodesOf, readDraft } from './person.ts';
import type { PersonDraft } from './person-shape.ts';

/** The effect of an import on the directory. */
export interface ImportPlan {
  added: Person[];
  changed: ChangedPerson[];
  unchanged: number;
  problems: ImportProblem[];
}

/** An import reads only the people that it contains. */
type ExistingPeople = Pick<Directory, 'findAll' | 'names' | 'ownersOf'>;

const maxProblems = 200;

function problemOf(line: number, thrown: unknown): ImportProblem {
  if (!(thrown instanceof Refusal)) throw thrown;
  const { field = '', problem = thrown.message } = thrown.extra as Record<string, string>;
  return { line, field, problem };
}

interface ImportLine<P> extends ImportedPerson {
  person: P;
}

/**
 * Keeps the ids of a person that the file omits, so that importing the same file twice changes nothing. A file without
 * `disabled` does not enable a disabled person.
 */
function keepOmitted(
  { person: draft, value, format }: ImportLine<PersonDraft>,
  before: Person | undefined,
): PersonDraft {
  if (!before) return draft;
  const free = [...before.roles];
  return {
    ...draft,
    disabled: value.disabled === undefined ? before.disabled : draft.disabled,
    ...(format === 'csv' && before.otherClaims ? { otherClaims: before.otherClaims } : {}),
    organisations: draft.organisations.map((entry) => ({
      ...entry,
      personOrgId:
        entry.personOrgId ??
        before.organisations.find(({ orgCode }) => orgCode === entry.orgCode)?.personOrgId,
    })),
    roles: draft.roles.map((role) => {
      const at = free.findIndex(
        (other) =>
          other.orgCode === role.orgCode &&
          other.roleCode === role.roleCode &&
          (role.roleId === undefined || other.roleId === role.roleId),
      );
      const [former] = at < 0 ? [] : free.splice(at, 1);
      return { ...role, roleId: role.roleId ?? former?.roleId };
    }),
  };
}

/** Serialises a value with sorted members, so that their order does not matter. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );

/** Returns the fields and values that must be unique to a person. */
const claimsOf = ({ persona, roles }: Person): [string, string][] => [
  ...(persona === null ? [] : [['persona', persona] as [string, string]]),
  ...roles.map(({ roleId }) => ['roleId', roleId] as [string, string]),
];

/** Finds personas and role profiles that two people would have. */
async function findTaken(
  people: readonly ImportLine<Person>[],
  existing: ExistingPeople,
): Promise<ImportProblem[]> {
  const mine = new Set(people.map(({ person }) => person.uid));
  const claims = people.flatMap(({ person }) => claimsOf(person));
  const valuesOf = (wanted: string) => claims.filter(([field]) => field === wanted).map(([, value]) => value);
  const owners = await existing.ownersOf(valuesOf('persona'), valuesOf('roleId'));
  // The file replaces the claims of its people.
  for (const [claim, owner] of owners) if (mine.has(owner)) owners.delete(claim);
  const problems: ImportProblem[] = [];
  for (const { line, person } of people)
    for (const [field, value] of claimsOf(person)) {
      const owner = owners.get(`${field} ${value}`);
      if (owner !== undefined && owner !== person.uid)
        problems.push({ line, field, problem: `${value} belongs to another person` });
      owners.set(`${field} ${value}`, person.uid);
    }
  return problems;
}

/** Validates the people of a file, and gives each a uid. */
function readDrafts(imported: readonly ImportedPerson[]) {
  const problems: ImportProblem[] = [];
  const seen = new Set<string>();
  const drafts: (ImportLine<PersonDraft> & { uid: string })[] = [];
  for (const entry of imported) {
    const { line, value } = entry;
    try {
      const draft = readDraft(value);
      const uid = draft.uid ?? randomDigits(12);
      if (seen.has(uid)) problems.push({ line, field: 'uid', problem: 'is repeated' });
      seen.add(uid);
      drafts.push({ ...entry, uid, person: draft });
    } catch (thrown) {
      problems.push(problemOf(line, thrown));
    }
  }
  return { drafts, problems };
}

/** Returns the effect and all errors of an import, without writing. */
export async function planImport(
  imported: readonly ImportedPerson[],
  existing: ExistingPeople,
): Promise<ImportPlan> {
  const { drafts, problems } = readDrafts(imported);
  const known = await existing.findAll(drafts.map(({ uid }) => uid));
  const names = await existing.names(drafts.flatMap(({ person }) => orgCodesOf(person)));
  const complete: ImportLine<Person>[] = [];
  for (const { uid, ...entry } of drafts) {
    try {
      const person = completePerson(keepOmitted(entry, known.get(uid)?.person), uid, names);
      for (const { orgCode, orgName } of person.organisations) names.set(orgCode, orgName);
      complete.push({ ...entry, person });
    } catch (thrown) {
      problems.push(problemOf(entry.line, thrown));
    }
  }
  problems.push(...(await findTaken(complete, existing)));
  const plan: ImportPlan = { added: [], changed: [], unchanged: 0, problems };
  for (const { person } of complete) {
    const before = known.get(person.uid);
    if (!before) plan.added.push(person);
    else if (canonical(before.person) === canonical(person)) plan.unchanged += 1;
    else plan.changed.push({ person, revision: before.revision, before: before.person });
  }
  return plan;
}

/** Returns the response for a plan. */
export const importAnswer = (
  { added, changed, unchanged, problems }: ImportPlan,
  dryRun: boolean,
): ImportAnswer => ({
  dryRun,
  added: added.length,
  changed: changed.length,
  unchanged,
  errors: [...problems].sort((a, b) => a.line - b.line).slice(0, maxProblems),
});
