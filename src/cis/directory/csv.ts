import { reasonOf } from '@alongside/kernel/errors';
import type { Person } from '../protocol.ts';
import {
  columnNames,
  organisationColumns,
  personColumns,
  readColumns,
  roleColumns,
  unescapeFormula,
  writeCell,
} from './csv-columns.ts';

export interface ImportProblem {
  /** Line of a CSV file, or position in the list of a JSON document, from 1. */
  line: number;
  field: string;
  problem: string;
}

/** A person of a file, not validated yet. */
export interface ImportedPerson {
  line: number;
  value: Record<string, unknown>;
  /** CSV has no column of `otherClaims`. */
  format: 'csv' | 'json';
}

export interface ParsedImport {
  people: ImportedPerson[];
  problems: ImportProblem[];
}

const maxRecords = 200_000;
const maxRecordLength = 65_536;

/** Writes people as CSV, with a header line and CRLF line ends (RFC 4180 section 2). */
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

const [carriageReturn, lineFeed] = [0x0d, 0x0a];

/** Returns a function from the end of a record to the line of the next record, without empty lines. Its arguments must increase. */
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

/** Reads the lines of a file by the names in its header line. Throws if the file is not CSV. */
async function readLines(text: string): Promise<{ lines: Line[]; problems: ImportProblem[] }> {
  const { parse } = await import('csv-parse/sync');
  const records: { record: string[]; end: number }[] = [];
  parse(text, {
    bom: true,
    skip_empty_lines: true,
    relax_column_count: true,
    max_record_size: maxRecordLength,
    to: maxRecords + 1,
    on_record(record: string[], { bytes: end }) {
      records.push({ record, end });
      return null;
    },
  });
  const [head, ...rest] = records;
  const names = (head?.record ?? []).map((name) => name.trim());
  const problems: ImportProblem[] = [];
  const complain = (line: number, field: string, problem: string) => problems.push({ line, field, problem });
  // Without control characters, because terminals may show it.
  const shown = (name: string) => name.slice(0, 60).replace(/\p{C}/gu, '?');
  for (const name of names) if (!columnNames.includes(name)) complain(1, shown(name), 'is not a column');
  if (new Set(names).size < names.length) complain(1, '', 'a column is repeated');
  if (!names.includes('uid')) complain(1, 'uid', 'is required');
  if (rest.length >= maxRecords) complain(1, '', `there are more than ${maxRecords} lines`);
  if (problems.length > 0) return { lines: [], problems };
  const lineAt = lineCounter(Buffer.from(text));
  let previousEnd = head?.end ?? 0;
  const lines: Line[] = [];
  for (const { record, end } of rest) {
    // The first line of a record that has several.
    const line = lineAt(previousEnd);
    previousEnd = end;
    if (record.length !== names.length) complain(line, '', `has ${record.length} cells, not ${names.length}`);
    else
      lines.push({
        line,
        cells: Object.fromEntries(names.map((name, index) => [name, unescapeFormula(record[index] ?? '')])),
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

/** Adds a line to its person. Returns the errors of the line. */
function gather(person: Gathered, { line, cells }: Line): ImportProblem[] {
  const problems: ImportProblem[] = [];
  for (const { name } of personColumns) {
    const cell = (cells[name] ?? '').trim();
    if (cell !== '' && cell !== (person.cells[name] ?? '').trim())
      problems.push({ line, field: name, problem: `differs from line ${person.line}` });
  }
  const organisation = readColumns(organisationColumns, cells);
  const role = readColumns(roleColumns, cells);
  const hasRole = 'roleCode' in role || 'roleName' in role || 'roleId' in role;
  if (!('orgCode' in organisation)) {
    if (hasRole) problems.push({ line, field: 'orgCode', problem: 'is required for a role' });
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

/** Reads people from a CSV file. Returns format errors as problems of lines and throws nothing. */
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
      problems.push({ line: line.line, field: 'uid', problem: 'is required' });
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
      format: 'csv',
      value: { ...readColumns(personColumns, cells), organisations: [...organisations.values()], roles },
    })),
  };
}
