/** Bytes of JSON syntax. */
const byte = {
  quote: 0x22,
  comma: 0x2c,
  colon: 0x3a,
  backslash: 0x5c,
  openList: 0x5b,
  closeList: 0x5d,
  openObject: 0x7b,
  closeObject: 0x7d,
  lineFeed: 0x0a,
};

/** Thrown for text that is not JSON, or not one object. Names the line and the column, both from 1. */
export class NotDocument extends Error {
  override name = 'NotDocument';

  constructor(problem: string, { line, column }: Position) {
    super(`${problem} at line ${line}, column ${column}`);
  }
}

interface Position {
  line: number;
  column: number;
}

type Expected =
  | 'object'
  | 'name'
  | 'firstName'
  | 'colon'
  | 'value'
  | 'entry'
  | 'firstEntry'
  | 'separator'
  | 'end';

interface Found {
  /** A member of the object; for the list, without its entries. */
  member(name: string, value: unknown): void;
  entry(value: unknown, text: string): void;
}

/** A value that has begun. */
interface OpenValue {
  parts: Buffer[];
  length: number;
  begin: Position;
  kind: 'string' | 'nested' | 'plain';
  depth: number;
}

/**
 * Splits a JSON object that arrives in slices into its members (RFC 8259), and one member, a list, into its entries. It keeps one
 * value at a time.
 */
export class DocumentScanner {
  readonly #list: string;
  readonly #found: Found;
  readonly #longest: { entry: number; member: number };
  readonly #position: Position = { line: 1, column: 1 };
  readonly #names = new Set<string>();
  #expected: Expected = 'object';
  #open: OpenValue | undefined;
  #name = '';
  #isInList = false;
  #isInString = false;
  #isEscaped = false;

  /**
   * @param list name of the member whose entries are found one by one
   * @param longest bytes of an entry and of another member
   */
  constructor(list: string, longest: { entry: number; member: number }, found: Found) {
    this.#list = list;
    this.#longest = longest;
    this.#found = found;
  }

  /** @throws NotDocument */
  feed(bytes: Buffer): void {
    let from = 0;
    for (let at = 0; at < bytes.length; at++) {
      const now = bytes[at] as number;
      if (!this.#open && this.#expects(now)) {
        from = at;
        this.#begin(now);
      } else if (this.#open && this.#endsBefore(now)) {
        this.#close(bytes.subarray(from, at));
        this.#mark(now);
      } else if (this.#open && this.#endsWith(now)) this.#close(bytes.subarray(from, at + 1));
      if (now === byte.lineFeed) {
        this.#position.line += 1;
        this.#position.column = 1;
      } else if ((now & 0xc0) !== 0x80) this.#position.column += 1;
    }
    if (this.#open) this.#keep(bytes.subarray(from));
  }

  /** @throws NotDocument */
  end(): void {
    if (this.#expected !== 'end' || this.#open)
      throw new NotDocument('The document ends too early', this.#position);
  }

  #keep(part: Buffer): void {
    const open = this.#open as OpenValue;
    open.length += part.length;
    const longest = this.#isInList ? this.#longest.entry : this.#longest.member;
    if (open.length > longest)
      throw new NotDocument(
        `A value of ${this.#name || 'the document'} is longer than ${longest} bytes`,
        open.begin,
      );
    open.parts.push(part);
  }

  #begin(now: number): void {
    const isNested = now === byte.openList || now === byte.openObject;
    const isString = now === byte.quote;
    const flatKind = isString ? 'string' : 'plain';
    this.#isInString = isString;
    this.#isEscaped = false;
    this.#open = {
      parts: [],
      length: 0,
      begin: { ...this.#position },
      kind: isNested ? 'nested' : flatKind,
      depth: isNested ? 1 : 0,
    };
  }

  /** Handles a byte between values. Returns whether a value begins with it. */
  #expects(now: number): boolean {
    if (now === 0x20 || now === byte.lineFeed || now === 0x0d || now === 0x09) return false;
    if (this.#expected === 'value' && this.#name === this.#list && now === byte.openList) {
      this.#isInList = true;
      this.#expected = 'firstEntry';
      this.#found.member(this.#name, []);
      return false;
    }
    if (this.#expected === 'firstEntry' && now === byte.closeList) {
      this.#mark(now);
      return false;
    }
    if (this.#expected === 'value' || this.#expected === 'entry' || this.#expected === 'firstEntry') {
      if (now !== byte.comma && now !== byte.colon && now !== byte.closeList && now !== byte.closeObject)
        return true;
    } else if ((this.#expected === 'name' || this.#expected === 'firstName') && now === byte.quote)
      return true;
    this.#mark(now);
    return false;
  }

  /** Handles a byte that is neither a space nor in a value. */
  #mark(now: number): void {
    if (now === 0x20 || now === byte.lineFeed || now === 0x0d || now === 0x09) return;
    const expected = this.#expected;
    if (expected === 'object' && now === byte.openObject) this.#expected = 'firstName';
    else if (expected === 'colon' && now === byte.colon) this.#expected = 'value';
    else if (
      (expected === 'firstName' || (expected === 'separator' && !this.#isInList)) &&
      now === byte.closeObject
    )
      this.#expected = 'end';
    else if (
      (expected === 'firstEntry' || (expected === 'separator' && this.#isInList)) &&
      now === byte.closeList
    ) {
      this.#isInList = false;
      this.#expected = 'separator';
    } else if (expected === 'separator' && now === byte.comma)
      this.#expected = this.#isInList ? 'entry' : 'name';
    else throw new NotDocument(`${JSON.stringify(String.fromCharCode(now))} is not expected`, this.#position);
  }

  /** Whether a number or a word ends before this byte. */
  #endsBefore(now: number): boolean {
    if (this.#open?.kind !== 'plain') return false;
    const ends = [0x20, 0x09, 0x0a, 0x0d, byte.comma, byte.closeList, byte.closeObject];
    return ends.includes(now);
  }

  #endsWith(now: number): boolean {
    const open = this.#open as OpenValue;
    if (open.kind === 'plain') return false;
    if (this.#isInString) {
      if (this.#isEscaped) this.#isEscaped = false;
      else if (now === byte.backslash) this.#isEscaped = true;
      else if (now === byte.quote) {
        this.#isInString = false;
        return open.kind === 'string';
      }
      return false;
    }
    if (now === byte.quote) this.#isInString = true;
    else if (now === byte.openObject || now === byte.openList) open.depth += 1;
    else if (now === byte.closeObject || now === byte.closeList) open.depth -= 1;
    return open.depth === 0;
  }

  #close(last: Buffer): void {
    this.#keep(last);
    const { parts, begin } = this.#open as OpenValue;
    this.#open = undefined;
    const text = Buffer.concat(parts).toString('utf8');
    const value = parse(text, begin);
    if (this.#expected === 'name' || this.#expected === 'firstName') {
      this.#name = String(value);
      if (this.#names.has(this.#name)) throw new NotDocument('A member is repeated', begin);
      this.#names.add(this.#name);
      this.#expected = 'colon';
      return;
    }
    this.#expected = 'separator';
    if (this.#isInList) this.#found.entry(value, text);
    else this.#found.member(this.#name, value);
  }
}

/** Parses a value that begins at this position. */
function parse(text: string, begin: Position): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const { message } = error as Error;
    const at = Number(/position (\d+)/.exec(message)?.[1] ?? 0);
    const lines = text.slice(0, at).split('\n');
    const last = lines.at(-1) ?? '';
    const problem = message.replace(/,? (?:\.\.\.)?".*/s, '').replace(/ in JSON at .*/s, '');
    throw new NotDocument(problem, {
      line: begin.line + lines.length - 1,
      column: lines.length === 1 ? begin.column + last.length : last.length + 1,
    });
  }
}
