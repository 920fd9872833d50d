import { parseOwnJson } from '@alongside/kernel/json';
import { errors } from '../errors.ts';
import { type ImportedPerson, type ImportProblem, personOfLines } from './csv.ts';
import { unescapeFormula } from './csv-columns.ts';
import type { ImportPlan } from './import.ts';
import type { ImportSpool } from './import-spool.ts';
import type { Parts, ReceivedFile } from './received-file.ts';

/** Limits of a batch, so that neither its validation nor its write takes longer than about 10 ms. */
export const batchLimits = { people: 16, bytes: 16_384 };
/** Largest number of people who exchange personas or role profiles, and so change in one batch. */
const maxExchanging = 100;

export type ReadPerson = ImportedPerson & { uid: string };

const listOf = (parts: Parts): readonly number[] => (typeof parts === 'number' ? [parts] : parts);

/** A received file with its records. */
export interface Records {
  file: Pick<ReceivedFile, 'format' | 'names' | 'people'>;
  spool: ImportSpool;
}

/** Splits people into batches of uids, each of those who change together, or of some others. */
export function* batchesOf(
  { file, spool }: Records,
  uids: Iterable<string>,
  together: (uid: string) => readonly string[] | undefined = () => undefined,
): Generator<readonly string[]> {
  let batch: string[] = [];
  let bytes = 0;
  for (const uid of uids) {
    const group = together(uid);
    if (group) {
      if (group.length > 0) yield group;
      continue;
    }
    const more = listOf(file.people.get(uid) ?? []).reduce((sum, n) => sum + spool.about(n).length, 0);
    if (batch.length > 0 && (batch.length >= batchLimits.people || bytes + more > batchLimits.bytes)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(uid);
    bytes += more;
  }
  if (batch.length > 0) yield batch;
}

/** Reads a person of a file. Returns also the errors of its lines. */
export function readPerson(
  { file, spool }: Records,
  uid: string,
): { person: ReadPerson; problems: ImportProblem[] } {
  const { format, names, people } = file;
  const parts = listOf(people.get(uid) ?? []);
  if (format === 'json') {
    const [part = 0] = parts;
    const { line } = spool.about(part);
    return { person: { line, format, value: parseOwnJson(spool.read(part)), uid }, problems: [] };
  }
  const { person, problems } = personOfLines(
    parts.map((part) => {
      const record = parseOwnJson<string[]>(spool.read(part));
      const cells = names.map((name, index) => [name, unescapeFormula(record[index] ?? '')]);
      return { line: spool.about(part).line, cells: Object.fromEntries(cells) as Record<string, string> };
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
      if (group.size > maxExchanging)
        throw errors.importTooEntangled(`${group.size} people exchange personas or role profiles`);
      for (const uid of group) this.#groups.set(uid, group);
    }
  }

  /** Returns those who change together with this one, empty after the first of them; undefined for one who changes alone. */
  takeWith(uid: string): readonly string[] | undefined {
    const group = this.#groups.get(uid);
    if (!group) return undefined;
    if (this.#taken.has(group)) return [];
    this.#taken.add(group);
    return [...group];
  }
}
