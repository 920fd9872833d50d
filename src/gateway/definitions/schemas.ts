import { createHash } from 'node:crypto';
import { sourceLimits } from '../protocol.ts';
import type { Schema } from './model.ts';
import { isMapping, type Mapping } from './parsed-files.ts';
import { attackOn } from './patterns.ts';
import type { Source } from './source.ts';

/** Members of a schema that hold one schema, a list of them, or several by name. */
const single = ['items', 'additionalProperties', 'not', 'if', 'then', 'else', 'contains', 'propertyNames'];
const several = ['allOf', 'anyOf', 'oneOf', 'prefixItems'];
const named = ['properties', 'patternProperties', 'dependentSchemas', '$defs', 'definitions'];
/** Members without effect on validation. */
const prose = [
  'description',
  'title',
  'externalDocs',
  'xml',
  'discriminator',
  'deprecated',
  'readOnly',
  'writeOnly',
  'example',
  'examples',
  'default',
];

const maxPatternLength = 1_000;
/** Distinct patterns of a definition that are tried with an attack. */
const maxTried = 100;
/** Characters of a text whose schema has no `maxLength`. */
const longText = 1_000_000;

/** Converts schemas of OpenAPI 3.0 and 3.1 to JSON Schema. A referenced schema becomes a named one. */
export class Schemas {
  readonly named: Record<string, Schema> = {};
  readonly #source: Source;
  readonly #names = new WeakMap<object, string>();
  /** By pattern and the longest text that it sees. */
  readonly #patterns = new Map<string, { pattern: string; most: number; at: Mapping; member: string }>();
  #count = 0;

  constructor(source: Source) {
    this.#source = source;
  }

  /** Returns the JSON Schema of a value; undefined without a schema. */
  of(value: unknown, depth = 0): Schema | undefined {
    if (depth > sourceLimits.depth)
      throw this.#source.fail(`A schema is nested more than ${sourceLimits.depth} deep.`, value);
    if (typeof value === 'boolean') return value ? {} : { not: {} };
    if (!isMapping(value)) return undefined;
    if (typeof value.$ref !== 'string') return this.#converted(value, depth);
    const target = this.#source.follow(value);
    if (!isMapping(target)) return {};
    return { $ref: `#/$defs/${this.#nameOf(target, depth)}` };
  }

  /** Warns about patterns that take too long for some texts. Takes up to some seconds. */
  warnOfSlowPatterns(): void {
    for (const { pattern, most, at, member } of [...this.#patterns.values()].slice(0, maxTried)) {
      const attack = attackOn(pattern, most);
      if (attack !== undefined)
        this.#source.warn(
          `The pattern ${JSON.stringify(pattern.slice(0, 100))} takes too long for some texts, such as ${attack}. Write it so that a text matches its repetitions in one way only, or limit the text with maxLength.`,
          at,
          member,
        );
    }
  }

  #nameOf(target: Mapping, depth: number): string {
    const known = this.#names.get(target);
    if (known !== undefined) return known;
    this.#count += 1;
    const name = `s${this.#count}`;
    this.#names.set(target, name);
    this.named[name] = this.#converted(target, depth + 1);
    return name;
  }

  #converted(schema: Mapping, depth: number): Schema {
    const below = (value: unknown) => this.of(value, depth + 1) ?? {};
    const result: Mapping = {};
    for (const [name, value] of Object.entries(schema)) {
      if (
        prose.includes(name) ||
        name.startsWith('x-') ||
        name === '$ref' ||
        name === '$id' ||
        name === '$schema'
      )
        continue;
      if (single.includes(name)) result[name] = typeof value === 'boolean' ? value : below(value);
      else if (several.includes(name)) result[name] = this.#listOf(value).map(below);
      else if (name === 'patternProperties') result[name] = this.#patternsOf(value, below);
      else if (named.includes(name)) result[name] = this.#membersOf(value, below);
      else result[name] = this.#source.plain(value, schema);
    }
    const most = typeof schema.maxLength === 'number' ? Math.min(schema.maxLength, longText) : longText;
    return asJsonSchema(result, (pattern) => this.#isPattern(String(pattern), most, schema, 'pattern'));
  }

  #listOf(value: unknown): unknown[] {
    const list = this.#source.follow(value);
    return Array.isArray(list) ? list : [];
  }

  #membersOf(value: unknown, below: (member: unknown) => Schema): Record<string, Schema> {
    const members = this.#source.follow(value);
    if (!isMapping(members)) return {};
    return Object.fromEntries(Object.entries(members).map(([name, member]) => [name, below(member)]));
  }

  #patternsOf(value: unknown, below: (member: unknown) => Schema): Record<string, Schema> {
    const members = this.#source.follow(value);
    return Object.fromEntries(
      Object.entries(this.#membersOf(value, below)).filter(([pattern]) =>
        this.#isPattern(pattern, longText, members as Mapping, pattern),
      ),
    );
  }

  #isPattern(pattern: string, most: number, at: Mapping, member: string): boolean {
    try {
      // Compiles the pattern and runs it on an empty string.
      ''.search(pattern);
    } catch {
      this.#source.warn(
        `The pattern ${JSON.stringify(pattern.slice(0, 60))} is no regular expression and is not checked.`,
        at,
        member,
      );
      return false;
    }
    if (pattern.length > maxPatternLength) {
      this.#source.warn(
        `The pattern ${JSON.stringify(pattern.slice(0, 60))}… has more than ${maxPatternLength} characters and is not checked.`,
        at,
        member,
      );
      return false;
    }
    const key = `${most} ${pattern}`;
    if (!this.#patterns.has(key)) this.#patterns.set(key, { pattern, most, at, member });
    return true;
  }
}

/** Replaces what OpenAPI 3.0 writes in another way than JSON Schema, and removes what its validator would refuse. */
function asJsonSchema(schema: Mapping, isPattern: (pattern: unknown) => boolean): Schema {
  const { nullable, exclusiveMinimum, exclusiveMaximum, pattern, required, ...rest } = schema;
  const result: Mapping = { ...rest };
  if (pattern !== undefined && isPattern(pattern)) result.pattern = pattern;
  if (Array.isArray(required)) result.required = [...new Set(required.map(String))];
  for (const [name, limit, value] of [
    ['exclusiveMinimum', 'minimum', exclusiveMinimum],
    ['exclusiveMaximum', 'maximum', exclusiveMaximum],
  ] as const)
    if (typeof value === 'number') result[name] = value;
    else if (value === true && typeof result[limit] === 'number') {
      result[name] = result[limit];
      delete result[limit];
    }
  if (nullable !== true) return result;
  if (typeof result.type === 'string') {
    result.type = [result.type, 'null'];
    if (Array.isArray(result.enum) && !result.enum.includes(null)) result.enum = [...result.enum, null];
    return result;
  }
  return { anyOf: [result, { type: 'null' }] };
}

/** Returns the SHA-256 of the source of a definition. */
export const hashOfFiles = (files: Readonly<Record<string, string>>): string => {
  const hash = createHash('sha256');
  for (const name of Object.keys(files).sort()) hash.update(`${name}\0${files[name]}\0`);
  return hash.digest('base64url');
};
