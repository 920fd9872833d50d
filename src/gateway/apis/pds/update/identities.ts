import type { PatchCheck } from './apply.ts';
import { invalidUpdate, type Patch } from './patches.ts';

/** Lists with entries identified by an id, or by the address of an extension. */
const lists: readonly string[] = [
  'name',
  'address',
  'telecom',
  'contact',
  'generalPractitioner',
  'extension',
];
const scalars: readonly string[] = ['gender', 'birthDate', 'multipleBirthInteger', 'deceasedDateTime'];

const keyOf = (root: string): string => (root === 'extension' ? 'url' : 'id');

function entriesOf(view: object, root: string): Record<string, unknown>[] {
  const entries: unknown = Reflect.get(view, root);
  return Array.isArray(entries) ? entries : [];
}

/** Refuses members that an update may not change; an entry is added at the end of a list. */
function checkRoot({ op, path, parts, value }: Patch): void {
  const [root = '', place, ...deeper] = parts;
  if (!lists.includes(root) && !scalars.includes(root))
    throw invalidUpdate(`Update unsupported for resource - '${root}'`);
  if (lists.includes(root) && place === undefined && op !== 'test')
    throw invalidUpdate(`Invalid patch - '/${root}' can be changed only entry by entry`);
  const isEmpty = value === null || (Array.isArray(value) && value.length === 0);
  const removes = op === 'remove' || (op !== 'test' && isEmpty);
  if (removes && lists.includes(root) && deeper.length === 1 && deeper[0] === keyOf(root))
    throw invalidUpdate(`Invalid patch - '${path}' cannot be removed`);
  if (op === 'add' && lists.includes(root) && deeper.length === 0 && place !== '-')
    throw invalidUpdate(`Invalid patch - an entry is added to '/${root}/-'`);
}

/** Returns the entry id in a patch: in its path, or in an entry that is tested or replaced as a whole. */
function namedBy({ op, parts, value }: Patch, root: string, place: string): string | undefined {
  if (op === 'remove' || parts[0] !== root || parts[1] !== place) return undefined;
  const key = keyOf(root);
  const named = parts.length === 3 && parts[2] === key ? value : undefined;
  const whole =
    parts.length === 2 && op !== 'add' ? (value as Record<string, unknown> | null)?.[key] : undefined;
  return typeof (named ?? whole) === 'string' ? String(named ?? whole) : undefined;
}

/** A part of an extension names itself by its own url. */
const namesItself = ({ parts, value }: Patch): boolean =>
  parts.length === 4 &&
  parts[0] === 'extension' &&
  parts[2] === 'extension' &&
  typeof (value as { url?: unknown } | null | undefined)?.url === 'string';

/** Returns whether a patch concerns an existing entry of a list. */
const concernsEntry = ({ parts: [root = '', place] }: Patch): boolean =>
  lists.includes(root) && place !== undefined && place !== '-';

/** A patch may remove an entry only directly after a `test` that names it. */
function checkRemoval(patch: Patch, before: Patch | undefined): void {
  const [root = '', place = ''] = patch.parts;
  if (patch.op !== 'remove' || !lists.includes(root) || patch.parts.length !== 2) return;
  if (before?.op === 'test' && namedBy(before, root, place) !== undefined) return;
  const instead = before ? `preceded by '${before.op}' of '${before.path}'` : 'the first item';
  throw invalidUpdate(
    `removal '${patch.path}' is not immediately preceded by equivalent test - instead it is ${instead}`,
  );
}

const unnamed = ({ parts: [root, place] }: Patch) =>
  invalidUpdate(`no id or url found for path with root /${root}/${place}`);

const unknown = (root: string, id: string) =>
  invalidUpdate(`no '${root}' resources with object id '${id.slice(0, 64)}'`);

/** Returns the ids that the patches give for the entry of a patch, at any time. */
const namesOf = ({ parts: [root = '', place = ''] }: Patch, patches: readonly Patch[]): string[] =>
  patches.map((patch) => namedBy(patch, root, place)).filter((id) => id !== undefined);

/**
 * Checks PDS's own rules for JSON Patch: an update must name the list entries that it changes. Returns the check of each patch
 * against the record as the patches before it left it, because a removal moves the entries behind it.
 */
export function checkIdentities(patches: readonly Patch[]): PatchCheck {
  for (const patch of patches) checkRoot(patch);
  for (const [at, patch] of patches.entries()) {
    checkRemoval(patch, patches[at - 1]);
    if (concernsEntry(patch) && !namesItself(patch) && namesOf(patch, patches).length === 0)
      throw unnamed(patch);
  }
  const named = new Set(
    patches.filter(concernsEntry).map((patch) => {
      const [root = '', place = ''] = patch.parts;
      return `${root} ${namedBy(patch, root, place)}`;
    }),
  );
  return (patch, document) => {
    if (!concernsEntry(patch)) return;
    const [root = '', place = ''] = patch.parts;
    const entry = /^\d+$/.test(place) ? entriesOf(document, root)[Number(place)] : undefined;
    if (!entry) throw invalidUpdate(`Invalid patch - index '${place}' is out of bounds`);
    const key = entry[keyOf(root)];
    const id = namedBy(patch, root, place);
    if (id !== undefined && id !== key) throw unknown(root, id);
    if (namesItself(patch) || named.has(`${root} ${key}`)) return;
    // The entry at this place may differ from the one that the client saw, and its id may be missing from the request.
    const strange = namesOf(patch, patches).find(
      (name) => !entriesOf(document, root).some((other) => other?.[keyOf(root)] === name),
    );
    throw strange === undefined || id === undefined ? unnamed(patch) : unknown(root, strange);
  };
}
