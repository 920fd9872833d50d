import { isDeepStrictEqual } from 'node:util';
import { formatted, typeOf } from '../python.ts';
import { invalidUpdate, type Patch } from './patches.ts';

type Json = Record<string, unknown> | unknown[];

const isContainer = (value: unknown): value is Json => typeof value === 'object' && value !== null;

/** Returns a list index; throws the published refusal for a missing one. */
function indexOf(part: string, limit: number): number {
  const index = /^(0|[1-9]\d{0,3})$/.test(part) ? Number(part) : -1;
  if (index < 0 || index >= limit) throw invalidUpdate(`Invalid patch - index '${part}' is out of bounds`);
  return index;
}

function memberOf(container: Json, part: string): unknown {
  if (Array.isArray(container)) return container[indexOf(part, container.length)];
  return Object.hasOwn(container, part) ? container[part] : undefined;
}

/** Returns the container of a path's last part. A missing list cannot be indexed. */
function parentOf(document: Json, { parts, op }: Patch): Json {
  let at: Json = document;
  for (const [depth, part] of parts.slice(0, -1).entries()) {
    const next = memberOf(at, part);
    if (isContainer(next)) {
      at = next;
      continue;
    }
    const following = parts[depth + 1] ?? '';
    // The first entry creates the list.
    if (
      op === 'add' &&
      !Array.isArray(at) &&
      next === undefined &&
      (following === '-' || following === '0')
    ) {
      const list: unknown[] = [];
      at[part] = list;
      at = list;
      continue;
    }
    if (depth === 0 && /^\d+$/.test(following))
      throw invalidUpdate(`Invalid patch - index '${following}' is out of bounds`);
    throw invalidUpdate(`Invalid patch - can't ${op} non-existent object '${following}'`);
  }
  return at;
}

function add(parent: Json, key: string, value: unknown): void {
  if (!Array.isArray(parent)) parent[key] = value;
  else if (key === '-') parent.push(value);
  else parent.splice(indexOf(key, parent.length + 1), 0, value);
}

function existing(parent: Json, key: string, op: string): number | string {
  if (Array.isArray(parent)) return indexOf(key, parent.length);
  if (!Object.hasOwn(parent, key))
    throw invalidUpdate(`Invalid patch - can't ${op} non-existent object '${key}'`);
  return key;
}

function remove(parent: Json, key: string): void {
  const place = existing(parent, key, 'remove');
  if (Array.isArray(parent)) parent.splice(place as number, 1);
  else delete parent[place];
}

function replace(parent: Json, key: string, value: unknown): void {
  const place = existing(parent, key, 'replace');
  (parent as Record<string | number, unknown>)[place] = value;
}

function test(parent: Json, key: string, value: unknown): void {
  const found = (parent as Record<string | number, unknown>)[existing(parent, key, 'test')];
  if (isDeepStrictEqual(found, value)) return;
  throw invalidUpdate(
    `Invalid patch - ${formatted(found)} (${typeOf(found)}) is not equal to tested value ${formatted(value)} (${typeOf(value)})`,
  );
}

const operations: Readonly<Record<Patch['op'], (parent: Json, key: string, value: unknown) => void>> = {
  add,
  remove,
  replace,
  test,
};

/** Checks a patch against the document as changed by the patches before it. */
export type PatchCheck = (patch: Patch, document: object) => void;

/** Returns a copy of the document with all patches applied in order; stops at the first failure (RFC 6902 section 5). */
export function applyPatches<T extends object>(
  document: T,
  patches: readonly Patch[],
  ...checks: readonly PatchCheck[]
): T {
  const copy = structuredClone(document);
  for (const patch of patches) {
    for (const check of checks) check(patch, copy);
    operations[patch.op](
      parentOf(copy as Json, patch),
      patch.parts.at(-1) ?? '',
      structuredClone(patch.value),
    );
  }
  return copy;
}
