import type { Node, ParsedNode } from 'yaml';
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

/** What is used of yaml, so that a bundle leaves out the rest. */
type Yaml = Pick<
  typeof import('yaml'),
  'isAlias' | 'isMap' | 'isScalar' | 'isSeq' | 'Lexer' | 'parseDocument'
>;

/** Marks of the lexer that are not in the text: the start of a document, of a plain text, and the end of a broken list. */
const marks = ['\x02', '\x1f', '\x18'];

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
    const { parseDocument } = this.#yaml;
    this.#checkSize(file, text);
    // Keys are compared below, because the library compares each with all before it.
    const parsed = parseDocument(text, { prettyErrors: false, uniqueKeys: false, logLevel: 'silent' });
    const [error] = parsed.errors;
    if (error) {
      const [reason = ''] = error.message.split('\n');
      const what = reason.startsWith('Maximum call stack')
        ? `The definition is nested more than ${sourceLimits.depth} deep.`
        : `The file is no valid YAML or JSON: ${reason}.`.replace('..', '.');
      throw this.#failAt(what, file, error.pos[0]);
    }
    const root = this.#valueOf(parsed.contents, file, parsed, new Map(), 0);
    this.#roots.set(file, root);
    return root;
  }

  /**
   * Refuses a long text of too many values before it is parsed, which takes a kilobyte of memory for each. At most one comma, and
   * at most one colon or dash, belongs to a value.
   */
  #checkSize(file: string, text: string): void {
    if (text.length < 2 * sourceLimits.nodes) return;
    let [offset, commas, others] = [0, 0, 0];
    for (const lexeme of new this.#yaml.Lexer().lex(text)) {
      if (lexeme === ',') commas += 1;
      else if (lexeme === ':' || lexeme === '-') others += 1;
      if (this.#nodes + Math.max(commas, others) > sourceLimits.nodes) throw this.#tooMany(file, offset);
      if (!marks.includes(lexeme)) offset += lexeme.length;
    }
  }

  #tooMany(file: string, offset: number): DefinitionError {
    return this.#failAt(`The definition has more than ${sourceLimits.nodes} values.`, file, offset);
  }

  /** Converts a node. An alias becomes the value of its anchor itself, so that it costs nothing. */
  #valueOf(
    node: Node | ParsedNode | null,
    file: string,
    parsed: import('yaml').Document.Parsed,
    known: Map<Node, unknown>,
    depth: number,
  ): unknown {
    const { isAlias, isMap, isSeq, isScalar } = this.#yaml;
    if (node === null) return null;
    const offset = node.range?.[0] ?? 0;
    this.#nodes += 1;
    if (this.#nodes > sourceLimits.nodes) throw this.#tooMany(file, offset);
    if (depth > sourceLimits.depth)
      throw this.#failAt(`The definition is nested more than ${sourceLimits.depth} deep.`, file, offset);
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
