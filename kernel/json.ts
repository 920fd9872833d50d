export type JsonObject = { [name: string]: unknown };

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** How deep an object from outside may be nested. */
const deepest = 12;

/** Whether nothing lies deeper than that, and no member could change a prototype. */
function isTame(root: unknown): boolean {
  let level: unknown[] = [root];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > deepest) return false;
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

/** U+0000 as JSON escapes it. */
const nul = String.raw`\u0000`;

/** Whether a text of JSON writes U+0000 anywhere: PostgreSQL keeps it in no text, and nobody's name has it. */
export const hasNul = (json: string): boolean =>
  json.includes(nul) && [...json.matchAll(/\\(?:u0000|.)/gs)].some(([escaped]) => escaped === nul);

/** A text from outside that is not what it must be; the message says what is wrong, in words for its sender. */
class JsonError extends Error {
  override name = 'JsonError';
}

/** Reads one JSON object out of text from outside. Throws JsonError for anything else, and for one nested too deeply. */
export function parseJsonObject(text: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new JsonError('The body is not JSON.', { cause: error });
  }
  if (!isObject(value)) throw new JsonError('The body must be a JSON object.');
  if (hasNul(text)) throw new JsonError('The body has the character U+0000.');
  if (!isTame(value)) throw new JsonError('The body is nested too deeply or has a forbidden member.');
  return value;
}

/** Applies a JSON merge patch (RFC 7396 section 2) and leaves both arguments as they are. The patch's depth was limited before. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const merged = new Map(Object.entries(isObject(target) ? target : {}));
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name);
    else merged.set(name, mergePatch(merged.get(name), value));
  }
  return Object.fromEntries(merged);
}

/** Makes a value and all in it unchangeable, so that it can be shared. */
function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.freeze(value);
    for (const member of Object.values(value)) freeze(member);
  }
  return value;
}

/** Most texts that are remembered. */
const mostTexts = 1_000;

/** What texts of JSON say, parsed once for as long as they say it; nobody can change what is shared. */
export class ParsedTexts<T> {
  readonly #known = new Map<string, { text: string; value: T }>();

  /** @param key whose text it is: a newer one takes the place of the older. */
  of(key: string, text: string, read: (text: string) => T = JSON.parse): T {
    const known = this.#known.get(key);
    if (known?.text === text) return known.value;
    const value = freeze(read(text));
    if (this.#known.size >= mostTexts) this.#known.clear();
    this.#known.set(key, { text, value });
    return value;
  }
}
