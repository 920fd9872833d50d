import { UsageError } from '@alongside/kernel/operator';
import { patchOf } from './assignments.ts';
import { readJsonFile } from './json-file.ts';

interface Sources {
  /** The flag for a file with a merge patch, and its value. */
  file: { flag: string; name: string | undefined };
  assignments: readonly string[];
  /** Members with their own flags. */
  own?: Record<string, unknown>;
  numbers?: boolean;
}

/** Returns the merge patch of an `edit`, from a file or flags. */
export function patchFrom({
  file,
  assignments,
  own = {},
  numbers = false,
}: Sources): Record<string, unknown> {
  const members = { ...own, ...patchOf(assignments, { numbers }) };
  const said = Object.keys(members).length > 0;
  if (file.name !== undefined && said) throw new UsageError(`Give either ${file.flag} or members, not both.`);
  if (file.name !== undefined) return readJsonFile(file.name);
  if (!said)
    throw new UsageError(`Name the change: --set path=value, or ${file.flag} FILE with a merge patch.`);
  return members;
}
