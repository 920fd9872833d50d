import { globSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import type { ErrorEntry } from '@alongside/kernel/errors';
import ts from 'typescript';
import { readStepLists } from '../docs/step-lists.ts';

/** A step that refuses with an error: its list, its number in it, and what comes before and after. */
export interface Place {
  readonly list: string;
  readonly step: string;
  readonly number: number;
  readonly of: number;
}

interface Source {
  /** Imported names: the module and the name there. */
  readonly imports: ReadonlyMap<string, { file: string; name: string }>;
  /** Functions and constants of the module by name, and the names that each uses. */
  readonly declared: ReadonlyMap<string, ts.Node>;
}

const root = new URL('../../', import.meta.url);
/** A step calls helpers, which call others; more distant ones are shared by everything. */
const deepest = 4;
/** An error of more lists is one of a helper that everything uses, and has no place of its own. */
const maxPlaces = 5;

function readSource(file: string): Source {
  const text = readFileSync(new URL(file, root), 'utf8');
  const imports = new Map<string, { file: string; name: string }>();
  const declared = new Map<string, ts.Node>();
  for (const node of ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true).statements) {
    if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
      const path = node.moduleSpecifier.text;
      const bindings = node.importClause?.namedBindings;
      if (path.startsWith('.') && bindings && ts.isNamedImports(bindings))
        for (const { name, propertyName } of bindings.elements)
          imports.set(name.text, {
            file: posix.join(posix.dirname(file), path),
            name: (propertyName ?? name).text,
          });
    }
    if (ts.isFunctionDeclaration(node) && node.name) declared.set(node.name.text, node);
    if (ts.isVariableStatement(node))
      for (const { name, initializer } of node.declarationList.declarations)
        if (ts.isIdentifier(name) && initializer) declared.set(name.text, initializer);
  }
  return { imports, declared };
}

/** Finds the errors that the functions of a file use, through the functions that they call. */
class Uses {
  readonly #sources = new Map<string, Source>();
  /** Ids of errors by name within a file of a catalogue. */
  readonly #ids: (name: string, file: string) => string | undefined;

  constructor(entries: readonly ErrorEntry[]) {
    const ids = new Set(entries.map(({ id }) => id));
    this.#ids = (name, file) => {
      const [, service = ''] = /^(?:src\/)?([^/]+)\//.exec(file) ?? [];
      const base = service === 'gateway' && ids.has(`pds.${name}`) ? 'pds' : service;
      return [`${base}.${name}`, `${service}.standard.${name}`].find((id) => ids.has(id));
    };
  }

  source(file: string): Source {
    let source = this.#sources.get(file);
    if (!source) {
      source = readSource(file);
      this.#sources.set(file, source);
    }
    return source;
  }

  /** Returns the ids of errors that a function throws or whose helpers do. */
  of(file: string, name: string, depth = deepest, seen = new Set<string>()): Set<string> {
    const found = new Set<string>();
    if (depth < 0 || seen.has(`${file} ${name}`) || !file.endsWith('.ts')) return found;
    seen.add(`${file} ${name}`);
    const { declared, imports } = this.source(file);
    const node = declared.get(name);
    const imported = imports.get(name);
    if (!node) return imported ? this.of(imported.file, imported.name, depth, seen) : found;
    const visit = (child: ts.Node): void => {
      if (ts.isPropertyAccessExpression(child) && ts.isIdentifier(child.expression)) {
        const from = imports.get(child.expression.text);
        const id = from && /errors?/i.test(child.expression.text) && this.#ids(child.name.text, from.file);
        if (id) found.add(id);
      }
      if (
        ts.isIdentifier(child) &&
        child.text !== name &&
        (declared.has(child.text) || imports.has(child.text))
      )
        for (const id of this.of(file, child.text, depth - 1, seen)) found.add(id);
      ts.forEachChild(child, visit);
    };
    visit(node);
    return found;
  }
}

/** Returns the places of each error in the published lists of steps, by id. */
export function errorPlaces(entries: readonly ErrorEntry[]): ReadonlyMap<string, readonly Place[]> {
  const uses = new Uses(entries);
  const places = new Map<string, Place[]>();
  const defined = new Map<string, string[]>();
  for (const file of globSync('{src,identity-agent}/**/*.ts', { cwd: root }).sort()) {
    if (/\.test\.ts$|\/testing\/|\.browser\.ts$|\.d\.ts$/.test(file)) continue;
    for (const name of uses.source(file).declared.keys())
      defined.set(name, [...(defined.get(name) ?? []), file]);
  }
  for (const { file, name, steps } of readStepLists(['{src,identity-agent}/**/*.ts'])) {
    const { declared, imports } = uses.source(file);
    const folder = posix.dirname(file);
    const [service = ''] = /^(?:src\/)?[^/]+\//.exec(file) ?? [];
    // The console asks in place of a request, which has its own list.
    if (name.endsWith('.validate')) continue;
    for (const [index, { name: step }] of steps.entries()) {
      const known = declared.has(step) || imports.has(step) ? [file] : (defined.get(step) ?? []);
      const ofService = known.filter((other) => other.startsWith(service));
      // A step of a shared part is in another folder; one of several of its name could be another step.
      const at =
        known.find((other) => other.startsWith(`${folder}/`)) ??
        (ofService.length === 1 ? ofService[0] : undefined);
      if (at === undefined) continue;
      for (const id of uses.of(at, step)) {
        const all = places.get(id) ?? [];
        // Helpers that all steps share refuse in many; the first place is the one that people meet.
        if (!all.some((place) => place.list === name))
          places.set(id, [...all, { list: name, step, number: index + 1, of: steps.length }]);
      }
    }
  }
  return new Map([...places].filter(([, all]) => all.length <= maxPlaces));
}
