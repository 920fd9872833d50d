import { reasonOf } from '@alongside/kernel/errors';
import type { ImportProblem } from './csv.ts';
import { columnNames } from './csv-columns.ts';
import type { ImportSpool } from './import-spool.ts';
import { maxPeople, maxProblems, NotUtf8, type ReceivedFile } from './received-file.ts';

/** Largest number of characters of a record. */
const maxRecordLength = 65_536;

const [carriageReturn, lineFeed] = [0x0d, 0x0a];
const isEnd = (byte: number | undefined) => byte === carriageReturn || byte === lineFeed;

/** Counts the lines of a file that arrives in slices. */
class LineCounter {
  #bytes = Buffer.alloc(0);
  /** Place of the first kept byte, and of the first byte that is not counted. */
  #start = 0;
  #at = 0;
  #line = 1;

  feed(bytes: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes.subarray(this.#at - this.#start), bytes]);
    this.#start = this.#at;
  }

  /** Returns the line of the record after the one that ends here, without empty lines. Places must increase. */
  lineAfter(place: number): number {
    const at = (n: number) => this.#bytes[n - this.#start];
    for (; this.#at < place || isEnd(at(this.#at)); this.#at++)
      if (at(this.#at) === lineFeed || (at(this.#at) === carriageReturn && at(this.#at + 1) !== lineFeed))
        this.#line += 1;
    return this.#line;
  }
}

/** Returns what is wrong with the header line. */
function headProblems(names: readonly string[]): ImportProblem[] {
  // Without control characters, because terminals may show it.
  const shown = (name: string) => name.slice(0, 60).replace(/\p{C}/gu, '?');
  const problems: ImportProblem[] = names
    .filter((name) => !columnNames.includes(name))
    .map((name) => ({ line: 1, field: shown(name), problem: 'is not a column' }));
  if (new Set(names).size < names.length)
    problems.push({ line: 1, field: '', problem: 'a column is repeated' });
  if (!names.includes('uid')) problems.push({ line: 1, field: 'uid', problem: 'is required' });
  return problems;
}

/** Sorts the lines of a CSV file by their person. */
class CsvLines {
  readonly problems: ImportProblem[] = [];
  readonly people = new Map<string, number | number[]>();
  readonly counter = new LineCounter();
  readonly #spool: ImportSpool;
  #previousEnd: number | undefined;
  names: string[] = [];

  constructor(spool: ImportSpool) {
    this.#spool = spool;
  }

  /** Whether the header line is wrong, so that the rest has no meaning, or there are too many problems. */
  isHopeless = false;

  /** @param end place of the first byte after the record */
  take(record: string[], end: number): void {
    if (this.isHopeless) return;
    if (this.#previousEnd === undefined) this.#takeHead(record);
    // The first line of a record that has several.
    else this.#takeLine(record, this.counter.lineAfter(this.#previousEnd));
    this.#previousEnd = end;
  }

  end(): void {
    if (this.#previousEnd === undefined) this.#takeHead([]);
  }

  #takeHead(record: string[]): void {
    this.names = record.map((name) => name.trim());
    this.problems.push(...headProblems(this.names));
    this.isHopeless = this.problems.length > 0;
  }

  #takeLine(record: string[], line: number): void {
    const uid = (record[this.names.indexOf('uid')] ?? '').trim();
    if (record.length !== this.names.length)
      this.#complain(line, '', `has ${record.length} cells, not ${this.names.length}`);
    else if (uid === '') this.#complain(line, 'uid', 'is required');
    else {
      const known = this.people.get(uid);
      const part = this.#spool.add(JSON.stringify(record), line);
      if (Array.isArray(known)) known.push(part);
      else this.people.set(uid, known === undefined ? part : [known, part]);
      if (this.people.size > maxPeople) this.#complain(line, '', `there are more than ${maxPeople} people`);
    }
    if (this.problems.length >= maxProblems || this.people.size > maxPeople) this.isHopeless = true;
  }

  #complain(line: number, field: string, problem: string): void {
    this.problems.push({ line, field, problem });
  }
}

/**
 * Reads a CSV file (RFC 4180) into a spool. Errors of the form are problems of lines.
 * @throws Error of the source
 */
export async function receiveCsv(slices: AsyncIterable<Buffer>, spool: ImportSpool): Promise<ReceivedFile> {
  const { parse } = await import('csv-parse');
  const lines = new CsvLines(spool);
  let failure: (Error & { lines?: number }) | undefined;
  const parser = parse({
    skip_empty_lines: true,
    relax_column_count: true,
    max_record_size: maxRecordLength,
    on_record(record: string[], { bytes }) {
      lines.take(record, bytes);
      return null;
    },
  });
  const over = new Promise<void>((resolve) => {
    parser.on('error', (error) => {
      failure ??= error;
      resolve();
    });
    parser.on('end', resolve);
  });
  parser.resume();
  const stop = ({ line, problem }: { line: number; problem: string }) =>
    lines.problems.push({ line, field: '', problem: problem.slice(0, 200) });
  try {
    for await (const slice of slices) {
      // A caller that still sends would not see the response, so the rest is read.
      if (failure || lines.isHopeless) continue;
      lines.counter.feed(slice);
      parser.write(slice);
    }
    if (!failure) parser.end();
    await over;
    if (failure) stop({ line: Number(failure.lines ?? 1), problem: reasonOf(failure) });
    else lines.end();
  } catch (error) {
    parser.destroy();
    if (!(error instanceof NotUtf8)) throw error;
    stop({ line: 1, problem: error.message });
  }
  return {
    format: 'csv',
    names: lines.names,
    people: lines.people,
    problems: lines.problems,
    activities: undefined,
  };
}
