import { posix } from 'node:path';
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

/** Security schemes that every published definition refers to. They are known by name and never fetched. */
const knownScheme =
  /^https:\/\/proxygen\.(?:prod|ptl)\.api\.platform\.nhs\.uk\/components\/securitySchemes\/[\w-]{1,40}$/;

/** A remote address, or another URI with a scheme. A Windows drive is not a path below the folder either. */
const remote = /^[A-Za-z][A-Za-z0-9+.-]*:/;

interface Origin {
  file: string;
  offset: number;
  /** Offsets of the keys of a mapping. */
  keys?: Map<string, number>;
}

type Yaml = typeof import('yaml');

/** Reads the files of a definition, with the place of each value. References are followed when they are read. */
export class Source {
  readonly warnings: string[] = [];
  readonly #source: SourceFiles;
  readonly #yaml: Yaml;
  readonly #origins = new WeakMap<object, Origin>();
  readonly #roots = new Map<string, unknown>();
  readonly #targets = new WeakMap<object, unknown>();
  #nodes = 0;
  #copied = 0;

  private constructor(source: SourceFiles, yaml: Yaml) {
    this.#source = source;
    this.#yaml = yaml;
  }

  /** @throws DefinitionError for files that are too large or no YAML */
  static async read(source: SourceFiles): Promise<Source> {
    const texts = Object.values(source.files);
    if (texts.length > sourceLimits.files)
      throw new DefinitionError(`The definition has more than ${sourceLimits.files} files.`);
    const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    if (bytes > sourceLimits.bytes)
      throw new DefinitionError(`The definition has ${bytes} bytes; ${sourceLimits.bytes} are allowed.`);
    return new Source(source, await import('yaml'));
  }

  /** The document of the entry file. */
  get document(): Mapping {
    const root = this.#rootOf(this.#source.entry);
    if (isMapping(root)) return root;
    throw new DefinitionError('The file must hold one mapping, such as an OpenAPI document.', {
      file: this.#source.entry,
      line: 1,
      column: 1,
    });
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

  warn(sentence: string, value?: unknown, key?: string): void {
    const { message } = this.fail(sentence, value, key);
    if (!this.warnings.includes(message)) this.warnings.push(message);
  }

  /** Returns the value that references lead to; undefined for one in a missing file, with a warning. */
  follow(value: unknown): unknown {
    let at = value;
    for (let steps = 0; isMapping(at) && typeof at.$ref === 'string'; steps++) {
      if (steps > sourceLimits.depth)
        throw this.fail(`The reference ${shown(at.$ref)} leads to itself.`, at, '$ref');
      at = this.#targetOf(at, at.$ref);
    }
    return at;
  }

  /** Returns a copy without references, for an example. */
  plain(value: unknown, depth = 0): unknown {
    if (depth > sourceLimits.depth)
      throw this.fail(`The value is nested more than ${sourceLimits.depth} deep.`, value);
    const target = this.follow(value);
    this.#count(target);
    if (Array.isArray(target)) return target.map((entry) => this.plain(entry, depth + 1));
    if (!isMapping(target)) return target ?? null;
    return Object.fromEntries(
      Object.entries(target).map(([name, member]) => [name, this.plain(member, depth + 1)]),
    );
  }

  /** Returns the files that a file refers to, as written, relative to the folder. Refuses every other remote reference. */
  filesNamedIn(file: string): string[] {
    const named = new Set<string>();
    const seen = new Set<unknown>();
    const open: unknown[] = [this.#rootOf(file)];
    for (let value = open.pop(); value !== undefined; value = open.pop()) {
      if (typeof value !== 'object' || value === null || seen.has(value)) continue;
      seen.add(value);
      if (isMapping(value) && typeof value.$ref === 'string') {
        const { file: target } = this.#addressOf(value, value.$ref, file);
        if (target !== undefined && !Object.hasOwn(this.#source.files, target))
          this.#miss(value, value.$ref, target);
        if (target !== undefined && target !== file) named.add(target);
      }
      open.push(...Object.values(value));
    }
    return [...named];
  }

  /** Checks every reference of every file that the entry leads to. */
  checkReferences(): void {
    const open = [this.#source.entry];
    for (let at = 0; at < open.length; at++)
      for (const file of this.filesNamedIn(open[at] ?? ''))
        if (Object.hasOwn(this.#source.files, file) && !open.includes(file)) open.push(file);
  }

  #count(value: unknown): void {
    this.#copied += 1;
    if (this.#copied > sourceLimits.nodes)
      throw this.fail(`The examples have more than ${sourceLimits.nodes} values.`, value);
  }

  #addressOf(at: Mapping, reference: string, file: string): { file: string | undefined; pointer: string } {
    const [path = '', pointer = ''] = reference.split('#', 2);
    if (knownScheme.test(reference)) return { file: undefined, pointer };
    if (path === '') return { file, pointer };
    if (remote.test(path) || path.startsWith('//'))
      throw this.fail(
        `The reference ${shown(reference)} leads to another server, and definitions are read without the network. Save the file in the folder of the definition.`,
        at,
        '$ref',
      );
    const target = posix.normalize(posix.join(posix.dirname(file), decoded(path).replaceAll('\\', '/')));
    if (path.startsWith('/') || target === '..' || target.startsWith('../'))
      throw this.fail(
        `The reference ${shown(reference)} leads out of the folder. Name a folder above both with --root.`,
        at,
        '$ref',
      );
    return { file: target, pointer };
  }

  #targetOf(at: Mapping, reference: string): unknown {
    if (this.#targets.has(at)) return this.#targets.get(at);
    const from = this.#origins.get(at)?.file ?? this.#source.entry;
    const { file, pointer } = this.#addressOf(at, reference, from);
    const target = file === undefined ? undefined : this.#find(at, reference, file, pointer);
    this.#targets.set(at, target);
    return target;
  }

  #miss(at: Mapping, reference: string, file: string): void {
    this.warn(`The file ${file} is missing, so ${shown(reference)} is taken as anything.`, at, '$ref');
  }

  #find(at: Mapping, reference: string, file: string, pointer: string): unknown {
    if (!Object.hasOwn(this.#source.files, file)) {
      this.#miss(at, reference, file);
      return undefined;
    }
    let target = this.#rootOf(file);
    for (const part of pointer.split('/').slice(1)) {
      const name = decoded(part).replaceAll('~1', '/').replaceAll('~0', '~');
      const within = isMapping(target) && typeof target.$ref === 'string' ? this.follow(target) : target;
      if (typeof within !== 'object' || within === null || !Object.hasOwn(within, name))
        throw this.fail(
          `The reference ${shown(reference)} leads to nothing: ${file} has no "${name}" there.`,
          at,
          '$ref',
        );
      target = (within as Mapping)[name];
    }
    return target;
  }

  #rootOf(file: string): unknown {
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

const shown = (reference: string): string => JSON.stringify(reference.slice(0, 200));

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
