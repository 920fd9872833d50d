import { reasonOf } from './errors.ts';

export type JsonObject = { [name: string]: unknown };

/** Returns whether a value is an object, and not a list. */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Parses JSON; undefined for any other text. */
export function jsonOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Returns the object in a part of a JWT, without the checks of `decodeJwt`; undefined if there is none. */
export function jsonPart(part: string): JsonObject | undefined {
  const value = jsonOrUndefined(Buffer.from(part, 'base64url').toString());
  return isObject(value) ? value : undefined;
}

/** Maximum nesting depth of JSON from outside. */
const deepest = 12;

/** Returns whether a value is within the depth limit and no member could change a prototype. */
export function isTame(root: unknown, most = deepest): boolean {
  let level: unknown[] = [root];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > most) return false;
    const next: unknown[] = [];
    for (const value of level) {
      if (typeof value !== 'object' || value === null) continue;
      if (Object.hasOwn(value, '__proto__')) return false;
      for (const member of Object.values(value)) next.push(member);
    }
    level = next;
  }
  return true;
}

/** U+0000, or a half of a surrogate pair, as JSON escapes it. */
const unfit = /\\u(?:0000|d[89a-f][\da-f]{2})/gi;
/** The second half of a pair. */
const low = /^\\ud[c-f][\da-f]{2}$/i;

/** Returns whether a backslash begins an escape: an even number of others precedes it. */
function beginsEscape(json: string, at: number): boolean {
  let start = at;
  while (json[start - 1] === '\\') start -= 1;
  return (at - start) % 2 === 0;
}

/**
 * Returns whether JSON text contains U+0000, which PostgreSQL cannot store in text, or a half of a surrogate pair, which has no UTF-8
 * and cannot be sent in an address (RFC 8259 section 8.2).
 */
export function hasUnfitText(json: string): boolean {
  let second = -1;
  for (const { 0: found, index } of json.matchAll(unfit)) {
    if (index === second || !beginsEscape(json, index)) continue;
    const end = index + found.length;
    const isPair = /^\\ud[89ab]/i.test(found) && low.test(json.slice(end, end + found.length));
    if (!isPair) return true;
    second = end;
  }
  return false;
}

/** An error in JSON from outside. The message is for its sender. */
class JsonError extends Error {
  override name = 'JsonError';
}

/** Parses a JSON object from outside. Throws JsonError for other values and for excessive depth. */
export function parseJsonObject(text: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new JsonError('The body is not JSON.', { cause: error });
  }
  if (!isObject(value)) throw new JsonError('The body must be a JSON object.');
  if (hasUnfitText(text))
    throw new JsonError('The body has the character U+0000 or half of a surrogate pair.');
  if (!isTame(value)) throw new JsonError('The body is nested too deeply or has a forbidden member.');
  return value;
}

/** Returns why text is not JSON, without the part of it that V8 quotes: a file of settings contains secrets. */
export const jsonProblem = (error: unknown): string => reasonOf(error).replace(/, (?:\.\.\.)?".*/s, '');

/** Parses JSON that this installation wrote, such as a response of another of its services. Its type is not checked. */
export const parseOwnJson = <T>(text: string): T => JSON.parse(text);

/**
 * Applies a JSON merge patch (RFC 7396 section 2) and does not change its arguments. The caller has checked
 * the patch's depth.
 */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const merged = new Map(Object.entries(isObject(target) ? target : {}));
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name);
    else merged.set(name, mergePatch(merged.get(name), value));
  }
  return Object.fromEntries(merged);
}

/** Freezes a value and everything in it, so that it can be shared. */
export function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.freeze(value);
    for (const member of Object.values(value)) freeze(member);
  }
  return value;
}

/** Maximum number of cached texts. */
const maxTexts = 1_000;

/** Caches parsed JSON texts. The shared values are frozen. */
export class ParsedTexts<T> {
  readonly #known = new Map<string, { text: string; value: T }>();

  /** @param key identifies the text: a newer text replaces the older one */
  of(key: string, text: string, read: (text: string) => T = JSON.parse): T {
    const known = this.#known.get(key);
    if (known?.text === text) return known.value;
    const value = freeze(read(text));
    if (this.#known.size >= maxTexts) this.#known.clear();
    this.#known.set(key, { text, value });
    return value;
  }
}
