import { reasonOf } from '@alongside/kernel/errors';
import type { Person } from '../protocol.ts';
import { asItWas, writeCell } from './csv-cells.ts';
import { columnNames, organisationColumns, personColumns, readColumns, roleColumns } from './csv-columns.ts';

/** One thing that is wrong in an import, and where. */
export interface ImportProblem {
  /** Line of a CSV file, or place in the list of a JSON document, from 1. */
  line: number;
  field: string;
  problem: string;
}

/** A person as the file has one, not checked yet. */
export interface ImportedPerson {
  line: number;
  value: Record<string, unknown>;
}

export interface ParsedImport {
  people: ImportedPerson[];
  problems: ImportProblem[];
}

const mostRecords = 200_000;
const longestRecord = 65_536;

/** The people as CSV, with a line of names first and CRLF at each end (RFC 4180 section 2). */
export function writeDirectoryCsv(people: readonly Person[]): string {
  const lines = people.flatMap((person) => {
    const about = personColumns.map((column) => column.write(person));
    const rows = person.organisations.flatMap((organisation) => {
      const at = organisationColumns.map((column) => column.write(organisation));
      const roles = person.roles.filter(({ orgCode }) => orgCode === organisation.orgCode);
      return (roles.length > 0 ? roles : [{}]).map((role) => [
        ...at,
        ...roleColumns.map((column) => column.write(role)),
      ]);
    });
    const empty = [...organisationColumns, ...roleColumns].map(() => '');
    return (rows.length > 0 ? rows : [empty]).map((row) => [...about, ...row]);
  });
  return [columnNames, ...lines].map((cells) => `${cells.map(writeCell).join(',')}\r\n`).join('');
}

interface Line {
  line: number;
  cells: Record<string, string>;
}

interface Record_ {
  record: string[];
  /** Where the record ends. */
  info: { bytes: number };
}

const [carriageReturn, lineFeed] = [0x0d, 0x0a];

/** The number of the line on which the record after this place begins; empty lines before it are passed. Places only grow. */
function lineCounter(bytes: Buffer): (place: number) => number {
  let at = 0;
  let line = 1;
  const isEnd = (byte: number | undefined) => byte === carriageReturn || byte === lineFeed;
  return (place) => {
    for (; at < place || isEnd(bytes[at]); at++)
      if (bytes[at] === lineFeed || (bytes[at] === carriageReturn && bytes[at + 1] !== lineFeed)) line += 1;
    return line;
  };
}

/** The lines of the file by the names of its first. Throws where the file is no CSV. */
async function readLines(text: string): Promise<{ lines: Line[]; problems: ImportProblem[] }> {
  const { parse } = await import('csv-parse/sync');
  const records = parse(text, {
    bom: true,
    info: true,
    skip_empty_lines: true,
    relax_column_count: true,
    max_record_size: longestRecord,
    to: mostRecords + 1,
  }) as unknown as Record_[];
  const [head, ...rest] = records;
  const names = (head?.record ?? []).map((name) => name.trim());
  const problems: ImportProblem[] = [];
  const problem = (line: number, field: string, words: string) =>
    problems.push({ line, field, problem: words });
  // A terminal may show it: what would steer one is not repeated.
  const shown = (name: string) => name.slice(0, 60).replace(/\p{C}/gu, '?');
  for (const name of names) if (!columnNames.includes(name)) problem(1, shown(name), 'is no column');
  if (new Set(names).size < names.length) problem(1, '', 'a column is there twice');
  if (!names.includes('uid')) problem(1, 'uid', 'is needed');
  if (rest.length >= mostRecords) problem(1, '', `there are more than ${mostRecords} lines`);
  if (problems.length > 0) return { lines: [], problems };
  const lineAt = lineCounter(Buffer.from(text));
  let end = head?.info.bytes ?? 0;
  const lines: Line[] = [];
  for (const { record, info } of rest) {
    // A record may go over several lines: it is named by its first.
    const line = lineAt(end);
    end = info.bytes;
    if (record.length !== names.length) problem(line, '', `has ${record.length} cells, not ${names.length}`);
    else
      lines.push({
        line,
        cells: Object.fromEntries(names.map((name, index) => [name, asItWas(record[index] ?? '')])),
      });
  }
  return { lines, problems };
}

interface Gathered {
  line: number;
  cells: Record<string, string>;
  organisations: Map<string, Record<string, unknown>>;
  roles: Record<string, unknown>[];
}

/** Adds a line to what is known of its person; the problems of it. */
function gather(person: Gathered, { line, cells }: Line): ImportProblem[] {
  const problems: ImportProblem[] = [];
  for (const { name } of personColumns) {
    const cell = (cells[name] ?? '').trim();
    if (cell !== '' && cell !== (person.cells[name] ?? '').trim())
      problems.push({ line, field: name, problem: `differs from line ${person.line}` });
  }
  const organisation = readColumns(organisationColumns as never, cells);
  const role = readColumns(roleColumns as never, cells);
  const hasRole = 'roleCode' in role || 'roleName' in role || 'roleId' in role;
  if (!('orgCode' in organisation)) {
    if (hasRole) problems.push({ line, field: 'orgCode', problem: 'is needed for a role' });
    return problems;
  }
  const code = String(organisation.orgCode);
  const known = person.organisations.get(code);
  for (const [name, value] of Object.entries(organisation))
    if (known && name in known && known[name] !== value)
      problems.push({ line, field: name, problem: 'differs from another line of the person' });
  person.organisations.set(code, { ...organisation, ...known });
  if (hasRole) person.roles.push({ ...role, orgCode: code });
  return problems;
}

/** Reads people out of a CSV file. What is wrong with its form is a problem of a line; nothing is thrown. */
export async function parseDirectoryCsv(text: string): Promise<ParsedImport> {
  let read: Awaited<ReturnType<typeof readLines>>;
  try {
    read = await readLines(text);
  } catch (error) {
    const line = Number((error as { lines?: number }).lines ?? 1);
    return { people: [], problems: [{ line, field: '', problem: reasonOf(error).slice(0, 200) }] };
  }
  const { lines, problems } = read;
  const people = new Map<string, Gathered>();
  for (const line of lines) {
    const uid = (line.cells.uid ?? '').trim();
    if (uid === '') {
      problems.push({ line: line.line, field: 'uid', problem: 'is needed' });
      continue;
    }
    const known = people.get(uid);
    const person = known ?? { line: line.line, cells: line.cells, organisations: new Map(), roles: [] };
    people.set(uid, person);
    problems.push(...gather(person, line));
  }
  return {
    problems,
    people: [...people.values()].map(({ line, cells, organisations, roles }) => ({
      line,
      value: {
        ...readColumns(personColumns as never, cells),
        organisations: [...organisations.values()],
        roles,
      },
    })),
  };
}
