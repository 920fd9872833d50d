import { isObject } from '@alongside/kernel/json';
import { UsageError } from '@alongside/kernel/operator';
import { readJsonFile } from './json-file.ts';

type Patch = { [name: string]: unknown };

const literals: Readonly<Record<string, unknown>> = { true: true, false: false, null: null };
const number = /^-?\d{1,15}(\.\d{1,15})?$/;

/** Parses a value: JSON if it looks like JSON, else text. */
function readValue(text: string, numbers: boolean): unknown {
  if (Object.hasOwn(literals, text)) return literals[text];
  if (numbers && number.test(text)) return Number(text);
  if (!/^["[{]/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`${text.slice(0, 60)} is not valid JSON.`);
  }
}

function set(patch: Patch, [name = '', ...rest]: readonly string[], value: unknown, whole: string): void {
  if (name === '' || name === '__proto__') throw new UsageError(`"${whole}" is not a path of member names.`);
  if (/^\d+$/.test(name))
    throw new UsageError(`"${whole}": an entry of a list cannot be set alone; give the whole list as JSON.`);
  if (rest.length === 0) {
    patch[name] = value;
    return;
  }
  const below = patch[name] ?? {};
  if (!isObject(below)) throw new UsageError(`"${whole}" goes through "${name}", which has a value itself.`);
  patch[name] = below;
  set(below, rest, value, whole);
}

/**
 * Returns the JSON merge patch (RFC 7396) of assignments: `title=Dr`, `cis2.pkce=required`, `persona=null` to remove a member,
 * `roles=[...]` for a whole list.
 * @param numbers whether `5` is a number; without number members it is text
 */
export function patchOf(assignments: readonly string[], { numbers = false } = {}): Patch {
  const patch: Patch = {};
  for (const assignment of assignments) {
    const at = assignment.indexOf('=');
    if (at < 1) throw new UsageError(`"${assignment.slice(0, 60)}" is not path=value.`);
    const path = assignment.slice(0, at);
    set(patch, path.split('.'), readValue(assignment.slice(at + 1), numbers), path);
  }
  return patch;
}

interface Sources {
  /** The flag for a file with a merge patch, and its value. */
  file?: { flag: string; name: string | undefined };
  assignments: readonly string[];
  /** Members with their own flags. */
  own?: Record<string, unknown>;
  numbers?: boolean;
}

/** Returns the merge patch of an `edit`, from a file or flags. */
export function patchFrom({ file, assignments, own = {}, numbers = false }: Sources): Patch {
  const members = { ...own, ...patchOf(assignments, { numbers }) };
  const hasMembers = Object.keys(members).length > 0;
  if (file?.name !== undefined && hasMembers)
    throw new UsageError(`Give either ${file.flag} or members, not both.`);
  if (file?.name !== undefined) return readJsonFile(file.name);
  if (!hasMembers)
    throw new UsageError(
      `Name the change: --set path=value${file ? `, or ${file.flag} FILE with a merge patch` : ''}.`,
    );
  return members;
}
