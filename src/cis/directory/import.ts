import { Refusal } from '@alongside/kernel/errors';
import type { ImportAnswer, Person } from '../protocol.ts';
import type { ImportedPerson, ImportProblem } from './csv.ts';
import type { ChangedPerson, Directory } from './directory.ts';
import { completePerson, orgCodesOf, readDraft } from './person.ts';
import type { PersonDraft } from './person-shape.ts';

/** The effect of some people of an import on the directory. */
export interface ImportPlan {
  added: Person[];
  changed: ChangedPerson[];
  /** Uids of the people who are as in the file. */
  unchanged: string[];
  problems: ImportProblem[];
  /** People of the file who get something that another one of its people has now: both change together. */
  moves: [taker: string, owner: string][];
}

/** An import reads only the people that it contains. */
type ExistingPeople = Pick<Directory, 'findAll' | 'names' | 'ownersOf'>;

/** What is known of a whole file, besides the people of a plan. */
export class ImportedFile {
  /** Names of organisations, also of those that the file adds. */
  readonly names = new Map<string, string>();
  /** Owners of personas and role profiles, by `persona …` and `roleId …`. */
  readonly claims = new Map<string, string>();
  /** Uids of its people. */
  readonly uids: { has(uid: string): boolean };

  constructor(uids: { has(uid: string): boolean }) {
    this.uids = uids;
  }
}

/** Largest number of problems in a response. */
const maxAnswered = 200;

function problemOf(line: number, thrown: unknown): ImportProblem {
  if (!(thrown instanceof Refusal)) throw thrown;
  const { field = '', problem = thrown.message } = thrown.extra as Record<string, string>;
  return { line, field, problem };
}

interface ImportLine<P> extends ImportedPerson {
  person: P;
}

interface CompletePerson extends ImportLine<Person> {
  claims: Claim[];
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

type Claim = [field: string, value: string];

/** Returns the fields and values of a draft that must be unique to a person. */
const claimsOf = ({ persona, roles }: PersonDraft): Claim[] => [
  ...(persona === null ? [] : [['persona', persona] as Claim]),
  ...roles.flatMap(({ roleId }) => (roleId === undefined ? [] : [['roleId', roleId] as Claim])),
];

/** Finds personas and role profiles that two people would have, and those that move from one person of the file to another. */
async function claim(
  people: readonly CompletePerson[],
  existing: ExistingPeople,
  file: ImportedFile,
): Promise<Pick<ImportPlan, 'problems' | 'moves'>> {
  const claims = people.flatMap((one) => one.claims);
  const valuesOf = (wanted: string) => claims.filter(([field]) => field === wanted).map(([, value]) => value);
  const owners = await existing.ownersOf(valuesOf('persona'), valuesOf('roleId'));
  const problems: ImportProblem[] = [];
  const moves: ImportPlan['moves'] = [];
  for (const { line, person, claims: own } of people)
    for (const [field, value] of own) {
      const owner = owners.get(`${field} ${value}`) ?? person.uid;
      const claimant = file.claims.get(`${field} ${value}`) ?? person.uid;
      // The file replaces the claims of its people.
      if ((owner !== person.uid && !file.uids.has(owner)) || claimant !== person.uid)
        problems.push({ line, field, problem: `${value} belongs to another person` });
      else if (owner !== person.uid) moves.push([person.uid, owner]);
      file.claims.set(`${field} ${value}`, person.uid);
    }
  return { problems, moves };
}

/** Validates people of a file. */
function readDrafts(imported: readonly (ImportedPerson & { uid: string })[]) {
  const problems: ImportProblem[] = [];
  const drafts: (ImportLine<PersonDraft> & { uid: string })[] = [];
  for (const entry of imported) {
    try {
      drafts.push({ ...entry, person: readDraft(entry.value) });
    } catch (thrown) {
      problems.push(problemOf(entry.line, thrown));
    }
  }
  return { drafts, problems };
}

/** Returns the effect and the errors of some people of an import, without writing. */
export async function planImport(
  imported: readonly (ImportedPerson & { uid: string })[],
  existing: ExistingPeople,
  file: ImportedFile,
): Promise<ImportPlan> {
  const { drafts, problems } = readDrafts(imported);
  const known = await existing.findAll(drafts.map(({ uid }) => uid));
  const stored = await existing.names(drafts.flatMap(({ person }) => orgCodesOf(person)));
  for (const [code, name] of stored) file.names.set(code, name);
  const complete: CompletePerson[] = [];
  for (const { uid, ...entry } of drafts) {
    try {
      const draft = keepOmitted(entry, known.get(uid)?.person);
      const person = completePerson(draft, uid, file.names);
      for (const { orgCode, orgName } of person.organisations) file.names.set(orgCode, orgName);
      complete.push({ ...entry, person, claims: claimsOf(draft) });
    } catch (thrown) {
      problems.push(problemOf(entry.line, thrown));
    }
  }
  const claimed = await claim(complete, existing, file);
  problems.push(...claimed.problems);
  const plan: ImportPlan = { added: [], changed: [], unchanged: [], problems, moves: claimed.moves };
  for (const { person } of complete) {
    const before = known.get(person.uid);
    if (!before) plan.added.push(person);
    else if (canonical(before.person) === canonical(person)) plan.unchanged.push(person.uid);
    else plan.changed.push({ person, revision: before.revision, before: before.person });
  }
  return plan;
}

/** The sums of an import. */
export interface ImportSums {
  added: number;
  changed: number;
  unchanged: number;
}

/** Returns the response for an import. */
export const importAnswer = (
  { added, changed, unchanged }: ImportSums,
  problems: readonly ImportProblem[],
  dryRun: boolean,
): ImportAnswer => ({
  dryRun,
  added,
  changed,
  unchanged,
  errors: [...problems].sort((a, b) => a.line - b.line).slice(0, maxAnswered),
});
