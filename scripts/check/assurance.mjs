import { existsSync, readFileSync } from 'node:fs';
import ts from 'typescript';
import { inClone } from '../prepare/clone.mjs';
import { trackedFiles } from './tracked.mjs';

/** The tables with evidence in each row, and the cell that begins each row. */
const tables = [
  { page: 'docs/threat-model.md', row: /^\| (T-[a-z]+-[STRIDE]\d+) \|/, exempt: undefined },
  {
    page: 'docs/windows.md',
    row: /^\| ([^|]+) \| .* \| (?:Wine|Linux|data|reading)[^|]* \|$/,
    exempt: /\| – \| reading \|$/,
  },
  { page: 'docs/assurance/asvs.md', row: /^\| (\d+\.\d+\.\d+) \|/, exempt: /\| (gap|not applicable) \|/ },
];

/** `path` `part of a title or of the text`. */
const reference = /`([\w./-]+\.(?:test\.ts|md))` `([^`]+)`/g;

/**
 * Checks the tables of the threat model, of Windows and of ASVS: every row names a test (or a passage of the documentation) that
 * exists, no row is there twice, and every test file in a folder called `security` is named by a row.
 */
export function assurance() {
  const named = new Set();
  const complaints = tables.flatMap(({ page, row, exempt }) => {
    if (!existsSync(inClone(page))) return [`${page} is missing`];
    const seen = new Set();
    return readFileSync(inClone(page), 'utf8')
      .split('\n')
      .flatMap((line, index) => {
        const id = row.exec(line)?.[1];
        if (id === undefined) return [];
        const where = `${page}:${index + 1}: ${id}`;
        const references = [...line.matchAll(reference)];
        for (const [, file] of references) named.add(file);
        return [
          ...(seen.size === seen.add(id).size ? [`${where} is there twice`] : []),
          ...(references.length === 0 && !exempt?.test(line) ? [`${where} names no evidence`] : []),
          ...references.flatMap(([, file, text]) =>
            holds(file, text) ? [] : [`${where}: ${file} has no ${isTest(file) ? 'test' : 'text'} "${text}"`],
          ),
        ];
      });
  });
  const unnamed = trackedFiles().filter((file) => /\/security\/.*\.test\.ts$/.test(file) && !named.has(file));
  return [...complaints, ...unnamed.map((file) => `${file}: no row of ${tables[0].page} names this file`)];
}

const isTest = (file) => file.endsWith('.test.ts');

function holds(file, text) {
  if (!existsSync(inClone(file))) return false;
  const source = readFileSync(inClone(file), 'utf8');
  return isTest(file) ? titlesOf(file, source).some((title) => title.includes(text)) : source.includes(text);
}

const titles = new Map();

/** Returns the titles of a file's tests and suites: the literal parts of titles with values. `both` runs a test at two servers. */
function titlesOf(file, text) {
  const known = titles.get(file);
  if (known) return known;
  const found = [];
  const visit = (node) => {
    if (
      ts.isCallExpression(node) &&
      /^(?:\w+\.)?(?:describe|test|it|both)$/.test(node.expression.getText())
    ) {
      const [title] = node.arguments;
      if (title && ts.isStringLiteralLike(title)) found.push(title.text);
      if (title && ts.isTemplateExpression(title))
        found.push(title.head.text, ...title.templateSpans.map((span) => span.literal.text));
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true));
  titles.set(file, found);
  return found;
}
