import type { Person } from '../protocol.ts';
import {
  columnNames,
  organisationColumns,
  personColumns,
  readColumns,
  roleColumns,
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

/** A line of a file, by the names in its header line. */
export interface CsvLine {
  line: number;
  cells: Record<string, string>;
}

interface Gathered {
  line: number;
  cells: Record<string, string>;
  organisations: Map<string, Record<string, unknown>>;
  roles: Record<string, unknown>[];
}

/** Adds a line to its person. Returns the errors of the line. */
function gather(person: Gathered, { line, cells }: CsvLine): ImportProblem[] {
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

/** Returns the person of some lines, not validated, and the errors of these lines. */
export function personOfLines(lines: readonly CsvLine[]): {
  person: ImportedPerson;
  problems: ImportProblem[];
} {
  const [{ line, cells } = { line: 1, cells: {} }] = lines;
  const gathered: Gathered = { line, cells, organisations: new Map(), roles: [] };
  const problems = lines.flatMap((one) => gather(gathered, one));
  const { organisations, roles } = gathered;
  return {
    problems,
    person: {
      line,
      format: 'csv',
      value: { ...readColumns(personColumns, cells), organisations: [...organisations.values()], roles },
    },
  };
}
