import type { Patient } from '../patient.ts';
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

function entriesOf(view: Patient, root: string): Record<string, unknown>[] {
  const entries: unknown = Reflect.get(view, root);
  return Array.isArray(entries) ? entries : [];
}

/** Refuses members that an update may not change; an entry is added at the end of a list. */
function checkRoot({ op, parts }: Patch): void {
  const [root = '', place, ...deeper] = parts;
  if (!lists.includes(root) && !scalars.includes(root))
    throw invalidUpdate(`Update unsupported for resource - '${root}'`);
  if (lists.includes(root) && place === undefined && op !== 'test')
    throw invalidUpdate(`Invalid patch - '/${root}' can be changed only entry by entry`);
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

function checkNamed(patch: Patch, patches: readonly Patch[], view: Patient): void {
  const [root = '', place = ''] = patch.parts;
  if (!lists.includes(root) || place === '-' || place === '') return;
  const naming = patches.map((candidate) => namedBy(candidate, root, place)).filter((id) => id !== undefined);
  if (naming.length === 0) throw invalidUpdate(`no id or url found for path with root /${root}/${place}`);
  const entries = entriesOf(view, root);
  const entry = /^\d+$/.test(place) ? entries[Number(place)] : undefined;
  if (!entry) throw invalidUpdate(`Invalid patch - index '${place}' is out of bounds`);
  const strange = naming.find((id) => entry[keyOf(root)] !== id);
  if (strange !== undefined)
    throw invalidUpdate(`no '${root}' resources with object id '${strange.slice(0, 64)}'`);
}

/** An entry may be removed only right after a test that names it. */
function checkRemoval(patch: Patch, before: Patch | undefined): void {
  const [root = '', place = ''] = patch.parts;
  if (patch.op !== 'remove' || !lists.includes(root) || patch.parts.length !== 2) return;
  if (before?.op === 'test' && namedBy(before, root, place) !== undefined) return;
  const instead = before ? `preceded by '${before.op}' of '${before.path}'` : 'the first item';
  throw invalidUpdate(
    `removal '${patch.path}' is not immediately preceded by equivalent test - instead it is ${instead}`,
  );
}

/** Checks PDS's own rules for JSON Patch: an update must name the list entries that it changes. */
export function checkIdentities(patches: readonly Patch[], view: Patient): void {
  for (const patch of patches) checkRoot(patch);
  for (const [at, patch] of patches.entries()) {
    checkRemoval(patch, patches[at - 1]);
    checkNamed(patch, patches, view);
  }
}
