import { Refusal } from '@alongside/kernel/errors';
import { randomDigits } from '@alongside/kernel/ids';
import type { ImportAnswer, Person } from '../protocol.ts';
import type { ImportedPerson, ImportProblem } from './csv.ts';
import { completePerson, readDraft } from './person.ts';
import type { PersonDraft } from './person-shape.ts';

/** What an import would make of the directory. */
export interface ImportPlan {
  added: Person[];
  changed: { person: Person; revision: number }[];
  unchanged: number;
  problems: ImportProblem[];
}

/** Everybody who is there, with their revisions. */
export type Present = ReadonlyMap<string, { person: Person; revision: number }>;

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

/** What only one person may have must not come to two. */
function findTaken(people: readonly { line: number; person: Person }[], present: Present): ImportProblem[] {
  const mine = new Set(people.map(({ person }) => person.uid));
  const owners = new Map<string, string>();
  const claims = ({ persona, roles }: Person): [string, string][] => [
    ...(persona === null ? [] : [['persona', persona] as [string, string]]),
    ...roles.map(({ roleId }) => ['roleId', roleId] as [string, string]),
  ];
  for (const { person } of present.values())
    if (!mine.has(person.uid)) for (const claim of claims(person)) owners.set(claim.join(' '), person.uid);
  const problems: ImportProblem[] = [];
  for (const { line, person } of people)
    for (const [field, value] of claims(person)) {
      const owner = owners.get(`${field} ${value}`);
      if (owner !== undefined && owner !== person.uid)
        problems.push({ line, field, problem: `${value} belongs to another person` });
      owners.set(`${field} ${value}`, person.uid);
    }
  return problems;
}

/** Works out an import: everything that is wrong with it, or who is added and changed. Nothing is written. */
export function planImport(
  imported: readonly ImportedPerson[],
  present: Present,
  organisations: ReadonlyMap<string, string>,
): ImportPlan {
  const names = new Map(organisations);
  const problems: ImportProblem[] = [];
  const complete: { line: number; person: Person }[] = [];
  const seen = new Set<string>();
  for (const { line, value } of imported) {
    try {
      const draft = readDraft(value);
      const uid = draft.uid ?? randomDigits(12);
      if (seen.has(uid)) problems.push({ line, field: 'uid', problem: 'is there twice' });
      seen.add(uid);
      const person = completePerson(keepIds(draft, present.get(uid)?.person), uid, names);
      for (const { orgCode, orgName } of person.organisations) names.set(orgCode, orgName);
      complete.push({ line, person });
    } catch (thrown) {
      problems.push(problemOf(line, thrown));
    }
  }
  problems.push(...findTaken(complete, present));
  const plan: ImportPlan = { added: [], changed: [], unchanged: 0, problems };
  for (const { person } of complete) {
    const before = present.get(person.uid);
    if (!before) plan.added.push(person);
    else if (spelling(before.person) === spelling(person)) plan.unchanged += 1;
    else plan.changed.push({ person, revision: before.revision });
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
