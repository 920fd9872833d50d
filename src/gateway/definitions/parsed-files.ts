import type { Node, ParsedNode } from 'yaml';
import { DefinitionError, type Place, sourceLimits } from '../protocol.ts';

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
type Yaml = Pick<typeof import('yaml'), 'isAlias' | 'isMap' | 'isScalar' | 'isSeq' | 'parseDocument'>;

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

  /** Returns the file of a value. */
  fileOf(value: object): string | undefined {
    return this.#origins.get(value)?.file;
  }

  /** Returns the place of a value, or of the key of a mapping. */
  placeOf(value: unknown, key?: string): Place | undefined {
    const origin = typeof value === 'object' && value !== null ? this.#origins.get(value) : undefined;
    if (!origin) return undefined;
    const offset = (key === undefined ? undefined : origin.keys?.get(key)) ?? origin.offset;
    const before = (this.#source.files[origin.file] ?? '').slice(0, offset);
    const line = before.split('\n').length;
    return { file: origin.file, line, column: offset - before.lastIndexOf('\n') };
  }

  fail(sentence: string, value?: unknown, key?: string): DefinitionError {
    return new DefinitionError(sentence, this.placeOf(value, key));
  }

  /** Returns the value of a whole file. */
  rootOf(file: string): unknown {
    if (this.#roots.has(file)) return this.#roots.get(file);
    const text = this.#source.files[file];
    if (text === undefined)
      throw new DefinitionError(`The file ${file} is not among the files of the definition.`);
    const { parseDocument } = this.#yaml;
    const parsed = parseDocument(text, { prettyErrors: false, uniqueKeys: true, logLevel: 'silent' });
    const [error] = parsed.errors;
    if (error) {
      const before = text.slice(0, error.pos[0]);
      const place = {
        file,
        line: before.split('\n').length,
        column: error.pos[0] - before.lastIndexOf('\n'),
      };
      throw new DefinitionError(
        `The file is no valid YAML or JSON: ${error.message.split('\n')[0]}.`.replace('..', '.'),
        place,
      );
    }
    const root = this.#valueOf(parsed.contents, file, parsed, new Map(), 0);
    this.#roots.set(file, root);
    return root;
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
    if (depth > sourceLimits.depth || this.#nodes > sourceLimits.nodes) {
      const what =
        depth > sourceLimits.depth
          ? `is nested more than ${sourceLimits.depth} deep`
          : `has more than ${sourceLimits.nodes} values`;
      const holder = {};
      this.#origins.set(holder, { file, offset });
      throw this.fail(`The definition ${what}.`, holder);
    }
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
      keys.set(name, (key as Node | null)?.range?.[0] ?? offset);
      if (name === '__proto__') throw this.fail('A member may not be called __proto__.', mapping, name);
      mapping[name] = this.#valueOf(value as Node | null, file, parsed, known, depth + 1);
    }
    return mapping;
  }
}
