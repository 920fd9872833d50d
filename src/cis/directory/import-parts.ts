import { parseOwnJson } from '@alongside/kernel/json';
import { errors } from '../errors.ts';
import { type ImportedPerson, type ImportProblem, personOfLines } from './csv.ts';
import { unescapeFormula } from './csv-columns.ts';
import type { ImportPlan } from './import.ts';
import type { ImportSpool } from './import-spool.ts';
import type { ImportedEntry, Part, ReceivedFile } from './received-file.ts';

/** Limits of a batch, so that neither its validation nor its write takes longer than about 10 ms. */
export const batchLimits = { people: 16, bytes: 16_384 };
/** Largest number of people who exchange personas or role profiles, and so change in one batch. */
const mostExchanging = 100;

export type ReadPerson = ImportedPerson & { uid: string };

/** Splits a list into batches, each of those who change together, or of some others. */
export function* batchesOf(
  entries: Iterable<ImportedEntry>,
  together: (uid: string) => readonly ImportedEntry[] | undefined = () => undefined,
): Generator<readonly ImportedEntry[]> {
  let batch: ImportedEntry[] = [];
  let bytes = 0;
  for (const entry of entries) {
    const group = together(entry[0]);
    if (group) {
      if (group.length > 0) yield group;
      continue;
    }
    const more = entry[1].reduce((sum, { length }) => sum + length, 0);
    if (batch.length > 0 && (batch.length >= batchLimits.people || bytes + more > batchLimits.bytes)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(entry);
    bytes += more;
  }
  if (batch.length > 0) yield batch;
}

/** Reads a person from the spool. Returns also the errors of its lines. */
export function readPerson(
  { format, names }: Pick<ReceivedFile, 'format' | 'names'>,
  spool: ImportSpool,
  [uid, parts]: ImportedEntry,
): { person: ReadPerson; problems: ImportProblem[] } {
  if (format === 'json') {
    const [part] = parts as [Part];
    return { person: { line: part.line, format, value: parseOwnJson(spool.read(part)), uid }, problems: [] };
  }
  const { person, problems } = personOfLines(
    parts.map((part) => {
      const record = parseOwnJson<string[]>(spool.read(part));
      const cells = names.map((name, index) => [name, unescapeFormula(record[index] ?? '')]);
      return { line: part.line, cells: Object.fromEntries(cells) as Record<string, string> };
    }),
  );
  return { person: { ...person, uid }, problems };
}

/** Groups of people who get something that another of the group has, so that they change together. */
export class ExchangingPeople {
  readonly #groups = new Map<string, Set<string>>();
  readonly #taken = new Set<ReadonlySet<string>>();

  /** @throws Refusal `invalid_import` for too large a group */
  add(moves: ImportPlan['moves']): void {
    for (const [taker, owner] of moves) {
      const group = this.#groups.get(taker) ?? new Set([taker]);
      for (const uid of this.#groups.get(owner) ?? [owner]) group.add(uid);
      if (group.size > mostExchanging)
        throw errors.importTooEntangled(`${group.size} people exchange personas or role profiles`);
      for (const uid of group) this.#groups.set(uid, group);
    }
  }

  /** Returns those who change together with this one, at the first of them; undefined for one who changes alone. */
  takeWith(uid: string): ReadonlySet<string> | undefined {
    const group = this.#groups.get(uid);
    if (!group || !this.#taken.has(group)) {
      if (group) this.#taken.add(group);
      return group;
    }
    return new Set();
  }
}
