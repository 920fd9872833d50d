import { posix } from 'node:path';
import { DefinitionError, sourceLimits } from '../protocol.ts';
import { isMapping, type Mapping, ParsedFiles, type SourceFiles } from './parsed-files.ts';

/** Security schemes that every published definition refers to. They are known by name and never fetched. */
const knownScheme =
  /^https:\/\/proxygen\.(?:prod|ptl)\.api\.platform\.nhs\.uk\/components\/securitySchemes\/([\w-]{1,40})$/;

/** Returns the name of the published security scheme that a value refers to. */
export const publishedScheme = (value: unknown): string | undefined =>
  isMapping(value) && typeof value.$ref === 'string' ? knownScheme.exec(value.$ref)?.[1] : undefined;

/** A remote address, or another URI with a scheme. A Windows drive is not a path below the folder either. */
const remote = /^[A-Za-z][A-Za-z0-9+.-]*:/;

/** Reads a definition, and follows its references when they are read. */
export class Source {
  readonly warnings: string[] = [];
  readonly #source: SourceFiles;
  readonly #files: ParsedFiles;
  readonly #targets = new WeakMap<object, unknown>();
  #copied = 0;

  private constructor(source: SourceFiles, files: ParsedFiles) {
    this.#source = source;
    this.#files = files;
  }

  /** @throws DefinitionError for files that are too large or no YAML */
  static async read(source: SourceFiles): Promise<Source> {
    const texts = Object.values(source.files);
    if (texts.length > sourceLimits.files)
      throw new DefinitionError(`The definition has more than ${sourceLimits.files} files.`);
    const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    if (bytes > sourceLimits.bytes)
      throw new DefinitionError(`The definition has ${bytes} bytes; ${sourceLimits.bytes} are allowed.`);
    const { Composer, isAlias, isMap, isScalar, isSeq, Lexer, Parser } = await import('yaml');
    return new Source(
      source,
      new ParsedFiles(source, { Composer, isAlias, isMap, isScalar, isSeq, Lexer, Parser }),
    );
  }

  /** The document of the entry file. */
  get document(): Mapping {
    const root = this.#files.rootOf(this.#source.entry);
    if (isMapping(root)) return root;
    throw new DefinitionError('The file must hold one mapping, such as an OpenAPI document.', {
      file: this.#source.entry,
      line: 1,
      column: 1,
    });
  }

  fail(sentence: string, value?: unknown, key?: string): DefinitionError {
    return this.#files.fail(sentence, value, key);
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

  /** Returns a copy without references, for an example. A value without a place of its own has that of the one around it. */
  plain(value: unknown, around = value, depth = 0): unknown {
    if (depth > sourceLimits.depth)
      throw this.fail(`The value is nested more than ${sourceLimits.depth} deep.`, around);
    const target = this.follow(value);
    this.#count(typeof target === 'object' && target !== null ? target : around);
    if (Array.isArray(target)) return target.map((entry) => this.plain(entry, target, depth + 1));
    if (!isMapping(target)) return target ?? null;
    return Object.fromEntries(
      Object.entries(target).map(([name, member]) => [name, this.plain(member, target, depth + 1)]),
    );
  }

  /** Returns the files that a file refers to, by their path below the folder, with a reference to each. Refuses every other remote reference. */
  filesNamedIn(file: string): Map<string, Mapping> {
    const named = new Map<string, Mapping>();
    const seen = new Set<unknown>();
    const open: unknown[] = [this.#files.rootOf(file)];
    for (let value = open.pop(); value !== undefined; value = open.pop()) {
      if (typeof value !== 'object' || value === null || seen.has(value)) continue;
      seen.add(value);
      if (isMapping(value) && typeof value.$ref === 'string') {
        const { file: target } = this.#addressOf(value, value.$ref, file);
        if (target !== undefined && !Object.hasOwn(this.#source.files, target))
          this.#miss(value, value.$ref, target);
        if (target !== undefined && target !== file) named.set(target, named.get(target) ?? value);
      }
      // Not spread as arguments, of which a long list has too many.
      for (const member of Object.values(value)) open.push(member);
    }
    return named;
  }

  /** Checks every reference of every file that the entry leads to. */
  checkReferences(): void {
    const open = [this.#source.entry];
    for (let at = 0; at < open.length; at++)
      for (const file of this.filesNamedIn(open[at] ?? '').keys())
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
    const from = this.#files.fileOf(at) ?? this.#source.entry;
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
    let target = this.#files.rootOf(file);
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
}

const shown = (reference: string): string => JSON.stringify(reference.slice(0, 200));

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
