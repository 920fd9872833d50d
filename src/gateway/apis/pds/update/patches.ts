import { isObject } from '@alongside/kernel/json';
import { outcomes } from '../outcomes.ts';
import { invalid, isWithinLimits } from '../values.ts';

/** One operation of a JSON Patch (RFC 6902). */
export interface Patch {
  op: 'add' | 'replace' | 'remove' | 'test';
  path: string;
  /** The path's parts, unescaped. */
  parts: readonly string[];
  value: unknown;
}

const operations: readonly string[] = ['add', 'replace', 'remove', 'test'];
/** Maximum number of operations in an update. */
const most = 100;
const harmful = new Set(['__proto__', 'prototype', 'constructor']);

/** Refuses an update; the reason follows `Invalid update with error - `. */
export const invalidUpdate = (reason: string) => outcomes.invalidUpdate('the update is invalid', { reason });

/** Returns the parts of a JSON Pointer (RFC 6901); undefined if it is invalid or names something that no record has. */
export function pointerParts(path: string): string[] | undefined {
  if (!path.startsWith('/') || /~(?![01])/.test(path) || path.length > 200) return undefined;
  const parts = path
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  return parts.some((part) => part === '' || harmful.has(part)) ? undefined : parts;
}

function readPatch(entry: unknown, at: number): Patch {
  const { op, path, value } = (entry ?? {}) as Record<string, unknown>;
  const malformed = (field: string, found: unknown = '') => invalid(`${at}/${field}`, found);
  if (typeof op !== 'string' || !operations.includes(op)) throw malformed('op', op);
  const parts = typeof path === 'string' ? pointerParts(path) : undefined;
  if (parts === undefined) throw malformed('path', path);
  if (value === undefined && op !== 'remove')
    throw outcomes.missingField('a patch without value', { field: `${at}/value` });
  if (!isWithinLimits(value)) throw malformed('value', value);
  return { op: op as Patch['op'], path: path as string, parts, value: addedValue(op, parts, value) };
}

/** An added entry gets a generated id; the client's is ignored. */
function addedValue(op: string, [root, place, deeper]: readonly string[], value: unknown): unknown {
  if (op !== 'add' || place !== '-' || deeper !== undefined || root === 'extension' || !isObject(value))
    return value;
  const { id: _id, ...rest } = value;
  return rest;
}

/** Parses `{"patches": […]}`, which is not a bare JSON Patch. */
export function readPatches(body: string): Patch[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body === '' ? '{}' : body);
  } catch {
    throw outcomes.unsupportedService('the body is no JSON');
  }
  const patches = (parsed as { patches?: unknown } | null)?.patches;
  if (!Array.isArray(patches) || patches.length === 0) throw invalidUpdate('No patches found');
  if (patches.length > most) throw invalidUpdate(`More than ${most} patches`);
  return patches.map(readPatch);
}
