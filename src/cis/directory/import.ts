import { Refusal } from '@alongside/kernel/errors';
import { randomDigits } from '@alongside/kernel/ids';
import type { ImportAnswer, Person } from '../protocol.ts';
import type { ImportedPerson, ImportProblem } from './csv.ts';
import type { ChangedPerson, Directory } from './directory.ts';
import { completePerson, orgCodesOf, readDraft } from './person.ts';
import type { PersonDraft } from './person-shape.ts';

/** What an import would make of the directory. */
export interface ImportPlan {
  added: Person[];
  changed: ChangedPerson[];
  unchanged: number;
  problems: ImportProblem[];
}

/** The directory as an import needs it: never more than it names. */
type Present = Pick<Directory, 'findAll' | 'names' | 'ownersOf'>;

const mostProblems = 200;

function problemOf(line: number, thrown: unknown): ImportProblem {
  if (!(thrown instanceof Refusal)) throw thrown;
  const { field = '', problem = thrown.message } = thrown.extra as Record<string, string>;
  return { line, field, problem };
}

/** Ids that the file leaves out stay as the person has them, so that bringing the same file twice changes nothing. */
function keepIds(draft: PersonDraft, before: Person | undefined): PersonDraft {
  if (!before) return draft;
  const free = [...before.roles];
  return {
    ...draft,
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

/** Members in one order, so that the same person written in another order is the same. */
const spelling = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );

interface Placed {
  line: number;
  person: Person;
}

/** What only one person may have: the field and the value. */
const claimsOf = ({ persona, roles }: Person): [string, string][] => [
  ...(persona === null ? [] : [['persona', persona] as [string, string]]),
  ...roles.map(({ roleId }) => ['roleId', roleId] as [string, string]),
];

/** Finds personas and role profiles that two people would have, both in the file or one of them beside it. */
async function findTaken(people: readonly Placed[], present: Present): Promise<ImportProblem[]> {
  const mine = new Set(people.map(({ person }) => person.uid));
  const claims = people.flatMap(({ person }) => claimsOf(person));
  const valuesOf = (wanted: string) => claims.filter(([field]) => field === wanted).map(([, value]) => value);
  const owners = await present.ownersOf(valuesOf('persona'), valuesOf('roleId'));
  // Those of the file have what the file says.
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

/** Reads the people of a file, each with a uid, and what is wrong with others. */
function readDrafts(imported: readonly ImportedPerson[]) {
  const problems: ImportProblem[] = [];
  const seen = new Set<string>();
  const drafts: { line: number; uid: string; draft: PersonDraft }[] = [];
  for (const { line, value } of imported) {
    try {
      const draft = readDraft(value);
      const uid = draft.uid ?? randomDigits(12);
      if (seen.has(uid)) problems.push({ line, field: 'uid', problem: 'is there twice' });
      seen.add(uid);
      drafts.push({ line, uid, draft });
    } catch (thrown) {
      problems.push(problemOf(line, thrown));
    }
  }
  return { drafts, problems };
}

/** Works out an import: everything that is wrong with it, or who is added and changed. Nothing is written. */
export async function planImport(imported: readonly ImportedPerson[], present: Present): Promise<ImportPlan> {
  const { drafts, problems } = readDrafts(imported);
  const known = await present.findAll(drafts.map(({ uid }) => uid));
  const names = await present.names(drafts.flatMap(({ draft }) => orgCodesOf(draft)));
  const complete: Placed[] = [];
  for (const { line, uid, draft } of drafts) {
    try {
      const person = completePerson(keepIds(draft, known.get(uid)?.person), uid, names);
      for (const { orgCode, orgName } of person.organisations) names.set(orgCode, orgName);
      complete.push({ line, person });
    } catch (thrown) {
      problems.push(problemOf(line, thrown));
    }
  }
  problems.push(...(await findTaken(complete, present)));
  const plan: ImportPlan = { added: [], changed: [], unchanged: 0, problems };
  for (const { person } of complete) {
    const before = known.get(person.uid);
    if (!before) plan.added.push(person);
    else if (spelling(before.person) === spelling(person)) plan.unchanged += 1;
    else plan.changed.push({ person, revision: before.revision, before: before.person });
  }
  return plan;
}

/** What a caller is told of a plan. */
export const importAnswer = (
  { added, changed, unchanged, problems }: ImportPlan,
  dryRun: boolean,
): ImportAnswer => ({
  dryRun,
  added: added.length,
  changed: changed.length,
  unchanged,
  errors: [...problems].sort((a, b) => a.line - b.line).slice(0, mostProblems),
});
