import { isUtf8 } from 'node:buffer';

/** Maximum nesting of a body, which is that of the schemas of a definition. */
const deepest = 200;

/** An object or a list that is open at a place of a text. */
interface Open {
  /** The names of an object's members so far; undefined for a list. */
  names: Set<string> | undefined;
  /** The name or index of the current member. */
  at: string | number;
  /** Whether the next text is a name. */
  isNameNext: boolean;
}

/** Returns the position of the quote that ends a text. */
function endOfText(json: string, start: number): number {
  for (let end = json.indexOf('"', start + 1); ; end = json.indexOf('"', end + 1)) {
    let escapes = 0;
    while (json[end - 1 - escapes] === '\\') escapes += 1;
    if (escapes % 2 === 0) return end;
  }
}

/** Returns the place of a member as RFC 6901 writes it. */
const pointerOf = (open: readonly Open[]): string =>
  open.map(({ at }) => `/${String(at).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

/** Returns why parsers may read valid JSON differently; undefined if they read the same. Takes linear time. */
function difference(json: string): string | undefined {
  const open: Open[] = [];
  for (let at = 0; at < json.length; at++) {
    const character = json[at];
    const inner = open.at(-1);
    if (character === '"') {
      const end = endOfText(json, at);
      if (inner?.names && inner.isNameNext) {
        const written = json.slice(at, end + 1);
        inner.at = written.includes('\\') ? String(JSON.parse(written)) : written.slice(1, -1);
        if (inner.names.has(inner.at)) return `the member ${pointerOf(open).slice(0, 200)} occurs twice`;
        inner.names.add(inner.at);
        inner.isNameNext = false;
      }
      at = end;
    } else if (character === '{') open.push({ names: new Set(), at: '', isNameNext: true });
    else if (character === '[') open.push({ names: undefined, at: 0, isNameNext: false });
    else if (character === '}' || character === ']') open.pop();
    else if (character === ',' && inner) {
      inner.isNameNext = inner.names !== undefined;
      if (typeof inner.at === 'number') inner.at += 1;
    }
    if (open.length > deepest) return `it is nested more than ${deepest} deep`;
  }
  return undefined;
}

export type ExactJson = { value: unknown } | { problem: string };

/**
 * Parses JSON that another program will parse again. Returns the problem if both may read different values: a member occurs twice
 * (RFC 8259 section 4), or the bytes are not UTF-8. Numbers beyond the precision of a double are not noticed.
 */
export function exactJson(bytes: Uint8Array): ExactJson {
  if (!isUtf8(bytes)) return { problem: 'the body is not UTF-8' };
  const json = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return { problem: 'the body is not JSON' };
  }
  const problem = difference(json);
  return problem === undefined ? { value } : { problem };
}
