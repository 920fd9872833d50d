import type { CST, Document, Node, ParsedNode } from 'yaml';
import { DefinitionError, sourceLimits } from '../protocol.ts';

/** The files of a definition by their path below its folder, and the one that refers to the others. */
export interface SourceFiles {
  entry: string;
  files: Readonly<Record<string, string>>;
}

export type Mapping = Record<string, unknown>;

export const isMapping = (value: unknown): value is Mapping =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

interface Origin {
  file: string;
  offset: number;
  /** Offsets of the keys of a mapping. */
  keys?: Map<string, number>;
}

/** The used parts of yaml, so that a bundle omits the rest. */
type Yaml = Pick<
  typeof import('yaml'),
  'Composer' | 'isAlias' | 'isMap' | 'isScalar' | 'isSeq' | 'Lexer' | 'Parser'
>;

/** Marks of the lexer that are not in the text: the start of a document, of a plain text, and the end of a broken list. */
const plainText = '\x1f';
const marks = ['\x02', plainText, '\x18'];

/** Where the library reports an error. */
type ErrorPlace = number | [number, ...number[]] | { offset: number };

function offsetOf(place: ErrorPlace): number {
  if (typeof place === 'number') return place;
  return 'offset' in place ? place.offset : place[0];
}

/**
 * The lexemes that are counted before a text is parsed, by their first character. At most one comma, one colon or dash, one question
 * mark, one opening bracket and one alias belongs to a value. There may be two of the others for each: a key has its own text,
 * anchor and tag, and a line may only close something.
 */
const counted: readonly { first: string; what: string; each: 1 | 2 }[] = [
  { first: ',', what: 'values', each: 1 },
  { first: ':-', what: 'values', each: 1 },
  { first: '?', what: 'values', each: 1 },
  { first: '[{', what: 'values', each: 1 },
  { first: '*', what: 'values', each: 1 },
  { first: `"'`, what: 'texts', each: 2 },
  { first: '&', what: 'anchors', each: 2 },
  { first: '!', what: 'tags', each: 2 },
  { first: '\n\r', what: 'lines', each: 2 },
];

/** Parses the files of a definition, each once, and knows the place of each value. */
export class ParsedFiles {
  readonly #source: SourceFiles;
  readonly #yaml: Yaml;
  readonly #origins = new WeakMap<object, Origin>();
  readonly #roots = new Map<string, unknown>();
  #nodes = 0;

  constructor(source: SourceFiles, yaml: Yaml) {
    this.#source = source;
    this.#yaml = yaml;
  }

  fileOf(value: object): string | undefined {
    return this.#origins.get(value)?.file;
  }

  /** Creates an error at the place of a value, or of the key of a mapping. */
  fail(sentence: string, value?: unknown, key?: string): DefinitionError {
    const origin = typeof value === 'object' && value !== null ? this.#origins.get(value) : undefined;
    if (!origin) return new DefinitionError(sentence);
    const offset = (key === undefined ? undefined : origin.keys?.get(key)) ?? origin.offset;
    return this.#failAt(sentence, origin.file, offset);
  }

  #failAt(sentence: string, file: string, offset: number): DefinitionError {
    const before = (this.#source.files[file] ?? '').slice(0, offset);
    const line = before.split('\n').length;
    return new DefinitionError(sentence, { file, line, column: offset - before.lastIndexOf('\n') });
  }

  /** Returns the value of a whole file. */
  rootOf(file: string): unknown {
    if (this.#roots.has(file)) return this.#roots.get(file);
    const text = this.#source.files[file];
    if (text === undefined)
      throw new DefinitionError(`The file ${file} is not among the files of the definition.`);
    // JSON of the console and PostgreSQL take neither. Another encoding than UTF-8 leads to both.
    const unfit = text.search(/\0|\p{Surrogate}/u);
    if (unfit !== -1)
      throw this.#failAt(
        'The file has the character U+0000 or half of a surrogate pair. Save it as UTF-8.',
        file,
        unfit,
      );
    this.#checkSize(file, text);
    const parsed = this.#documentOf(file, text);
    const root = this.#valueOf(parsed.contents, file, parsed, new Map(), 0);
    this.#roots.set(file, root);
    return root;
  }

  /** Parses a text up to its first error, because one error may lead to a million. */
  #documentOf(file: string, text: string): Document.Parsed {
    const { Composer, Parser } = this.#yaml;
    let first: DefinitionError | undefined;
    const fail = (reason: string, offset: number): never => {
      const isStack = reason.startsWith('Maximum call stack');
      const sentence = `The file is no valid YAML or JSON: ${reason}.`.replace('..', '.');
      // The library catches errors, and reports them again for each value around.
      first ??= isStack ? this.#tooDeep(file, offset) : this.#failAt(sentence, file, offset);
      throw first;
    };
    function* tokens(): Generator<CST.Token> {
      for (const token of new Parser().parse(text)) {
        if (token.type === 'error') fail(token.message, token.offset);
        yield token;
      }
    }
    // Keys are compared below, because the library compares each with all before it.
    const composer = new Composer({ uniqueKeys: false });
    // The library keeps the property to itself, and offers no other way to stop.
    Object.defineProperty(composer, 'onError', {
      value(at: ErrorPlace, _code: string, reason: string, isWarning?: boolean) {
        if (!isWarning) fail(reason, offsetOf(at));
      },
    });
    const [document, second] = composer.compose(tokens(), true, text.length);
    if (!document || second) return fail('There is a second document', second?.range[0] ?? 0);
    const [left] = document.errors;
    if (left) fail(left.message, left.pos[0]);
    return document;
  }

  /** Refuses a text that is too large or too deep before it is parsed, which takes a kilobyte of memory for each value. */
  #checkSize(file: string, text: string): void {
    const kinds = counted.map((kind) => ({ ...kind, left: kind.each * (sourceLimits.nodes - this.#nodes) }));
    // Open brackets, and the lists and keys that begin on the same line, each within the one before.
    let [offset, brackets, onLine] = [0, 0, 0];
    let before = '';
    for (const lexeme of new this.#yaml.Lexer().lex(text)) {
      const first = before === plainText || marks.includes(lexeme) ? undefined : lexeme[0];
      const kind = first === undefined ? undefined : kinds.find((one) => one.first.includes(first));
      if (kind && --kind.left < 0)
        throw this.#tooMany(kind.each * sourceLimits.nodes, kind.what, file, offset);
      if (kind?.what === 'lines') onLine = 0;
      else if (first === '-' || first === '?') onLine += 1;
      else if (first === '[' || first === '{') brackets += 1;
      else if (first === ']' || first === '}') brackets -= 1;
      // The parser refuses this bracket, so it reads no further.
      if (brackets < 0) return;
      if (brackets + onLine > sourceLimits.depth) throw this.#tooDeep(file, offset);
      if (!marks.includes(lexeme)) offset += lexeme.length;
      before = lexeme;
    }
  }

  #tooMany(limit: number, what: string, file: string, offset: number): DefinitionError {
    return this.#failAt(`The definition has more than ${limit} ${what}.`, file, offset);
  }

  #tooDeep(file: string, offset: number): DefinitionError {
    return this.#failAt(`The definition is nested more than ${sourceLimits.depth} deep.`, file, offset);
  }

  /** Converts a node. An alias becomes the value of its anchor itself, so that it costs nothing. */
  #valueOf(
    node: Node | ParsedNode | null,
    file: string,
    parsed: Document.Parsed,
    known: Map<Node, unknown>,
    depth: number,
  ): unknown {
    const { isAlias, isMap, isSeq, isScalar } = this.#yaml;
    if (node === null) return null;
    const offset = node.range?.[0] ?? 0;
    this.#nodes += 1;
    if (this.#nodes > sourceLimits.nodes)
      throw this.#failAt(`The definition has more than ${sourceLimits.nodes} values.`, file, offset);
    if (depth > sourceLimits.depth) throw this.#tooDeep(file, offset);
    if (isAlias(node)) {
      const target = node.resolve(parsed);
      return target === undefined
        ? null
        : (known.get(target) ?? this.#valueOf(target, file, parsed, known, depth + 1));
    }
    if (isScalar(node)) return typeof node.value === 'bigint' ? Number(node.value) : node.value;
    const before = known.get(node);
    if (before !== undefined) return before;
    if (isSeq(node)) {
      const list: unknown[] = [];
      known.set(node, list);
      this.#origins.set(list, { file, offset });
      for (const item of node.items)
        list.push(this.#valueOf(item as Node | null, file, parsed, known, depth + 1));
      return list;
    }
    if (!isMap(node)) return null;
    const mapping: Mapping = {};
    const keys = new Map<string, number>();
    known.set(node, mapping);
    this.#origins.set(mapping, { file, offset, keys });
    for (const { key, value } of node.items) {
      const name = String(isScalar(key) ? key.value : key);
      const place = (key as Node | null)?.range?.[0] ?? offset;
      if (keys.has(name))
        throw this.#failAt('The file is no valid YAML or JSON: Map keys must be unique.', file, place);
      keys.set(name, place);
      if (name === '__proto__') throw this.fail('A member may not be called __proto__.', mapping, name);
      mapping[name] = this.#valueOf(value as Node | null, file, parsed, known, depth + 1);
    }
    return mapping;
  }
}
