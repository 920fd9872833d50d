import ts from 'typescript';
import { importsOf, productFiles } from './imports.mjs';
import { textOf, trackedFiles } from './tracked.mjs';

/**
 * Measures of the structure. A figure above its `limit` fails the check. The others are compared with the `last`
 * recorded figure and only warn, so that a small change passes. `target` is the goal.
 */
const measures = [
  { name: 'src/cis: entries in import loops', limit: 0, target: 0, of: (t) => inLoops(t, 'src/cis') },
  { name: 'src/cis2: entries in import loops', limit: 0, target: 0, of: (t) => inLoops(t, 'src/cis2') },
  {
    name: 'src/cis2/authenticators: entries in import loops',
    limit: 0,
    target: 0,
    of: (t) => inLoops(t, 'src/cis2/authenticators'),
  },
  {
    name: 'src/authorisation: entries in import loops',
    limit: 0,
    target: 0,
    of: (t) => inLoops(t, 'src/authorisation'),
  },
  { name: 'src/console: entries in import loops', limit: 0, target: 0, of: (t) => inLoops(t, 'src/console') },
  ...['model', 'explanations', 'service', 'web', 'web/pages'].map((floor) => ({
    name: `src/console/${floor}: entries in import loops`,
    limit: 0,
    target: 0,
    of: (t) => inLoops(t, `src/console/${floor}`),
  })),
  { name: 'src/cis2: entries', last: 17, target: 18, of: (t) => entriesOf(t, 'src/cis2').size },
  {
    name: 'wiring of cis2: most imports of a file',
    last: 23,
    target: 30,
    of: (t) => Math.max(...wiringOf(t).map((file) => importsOf(file, t.get(file)).length)),
  },
  {
    name: 'wiring of cis2: longest function, lines',
    last: 45,
    target: 60,
    of: (t) => Math.max(...wiringOf(t).map((file) => maxFunctionLength(file, t.get(file)))),
  },
  { name: 'step lists', of: (t) => count(t, /\bsteps(?:<[^()]*>)?\(/g) },
  { name: "path.split('/') outside the router", last: 0, target: 0, of: splitPaths },
  { name: 'outgoing HTTP callers', last: 1, target: 1, of: outgoingCallers },
  { name: 'durable queues', last: 1, target: 1, of: durableQueues },
  { name: 'as never', last: 1, target: 2, of: (t) => count(t, /\bas never\b/g) },
  { name: 'as unknown as', last: 3, target: 8, of: (t) => count(t, /\bas unknown as\b/g) },
  {
    name: 'JSON.parse(…) as',
    last: 0,
    target: 0,
    of: (t) => count(t, /\bJSON\.parse\((?:[^()]|\([^()]*\))*\) as\b/g),
  },
  { name: 'object literals spread into literals', last: 0, target: 0, of: (t) => count(t, /\.\.\.\{/g) },
  { name: 'conditional expressions within others', last: 0, target: 0, of: nestedConditions },
  { name: 'functions over 60 lines, page programs aside', last: 43, target: 30, of: longFunctions },
  { name: 'interfaces called Parts', last: 0, target: 10, of: (t) => count(t, /\binterface Parts\b/g) },
  { name: 'interfaces called Asked', last: 0, target: 0, of: (t) => count(t, /\binterface Asked\b/g) },
  {
    name: 'files under 30 lines',
    last: 95,
    target: 140,
    of: (t) => [...t.values()].filter((text) => linesOf(text) < 30).length,
  },
  { name: 'files', last: 1_204, target: 960, of: (t) => t.size },
  {
    name: 'lines',
    last: 141_361,
    target: 76_000,
    of: (t) => [...t.values()].reduce((sum, text) => sum + linesOf(text), 0),
  },
];

/** Measures the product (no tests, no test helpers), prints the table with the trend, and complains about each figure above its limit. */
export function house() {
  const texts = new Map(productFiles().map((file) => [file, textOf(file) ?? '']));
  const complaints = misplacedHelpers();
  for (const { name, limit, last, target, of } of measures) {
    const figure = of(texts);
    const facts = [
      limit !== undefined && `limit ${limit}`,
      last !== undefined && `was ${last}${trend(figure - last)}`,
      target !== undefined && `target ${target}`,
    ].filter(Boolean);
    process.stdout.write(`${String(figure).padStart(14)}  ${[name, ...facts].join(', ')}\n`);
    if (figure > limit) complaints.push(`${name}: ${figure}, and the limit is ${limit}`);
  }
  return complaints;
}

/** Describes the change of a figure since it was recorded; a warning when it grew. */
function trend(change) {
  if (change === 0) return '';
  return change > 0 ? ` (warning: grew by ${change})` : ` (fell by ${-change})`;
}

/** Reports test helpers that are not in the folder `testing/` of their part. */
const misplacedHelpers = () =>
  trackedFiles()
    .filter((file) => /\.(fixture|helper|mock)\.ts$|(^|\/)(fixtures?|support|helpers|mocks)\//.test(file))
    .map((file) => `${file}: test helpers of a part are in its folder testing/`);

const linesOf = (text) => text.split('\n').length - 1;

function count(texts, pattern) {
  let found = 0;
  for (const text of texts.values()) found += text.match(pattern)?.length ?? 0;
  return found;
}

/** Counts the places that find a part of a path on their own. */
function splitPaths(texts) {
  const others = [...texts].filter(([file]) => file !== 'kernel/route.ts');
  return count(new Map(others), /path\.split\('\/'\)/g);
}

/** Counts the files that call other servers. Scripts of pages run in browsers; the client library is for others to use. */
function outgoingCallers(texts) {
  const calls = /\bhttps?\)?\.request$|^fetch$/;
  return [...texts].filter(([file, text]) => {
    if (/^client\/|script\.ts$|\.browser\.ts$/.test(file)) return false;
    let found = false;
    walk(file, text, (node) => {
      if (ts.isCallExpression(node) && calls.test(node.expression.getText())) found = true;
    });
    return found;
  }).length;
}

/** Counts the tables of the migrated schema whose rows have a time of the next attempt. */
function durableQueues(texts) {
  const migrations = [...texts].filter(([file]) => file.startsWith('src/storage/migrations/')).sort();
  const queues = new Set();
  for (const [, text] of migrations) {
    for (const [, table, columns] of text.matchAll(/CREATE TABLE (\w+) \(([^;`]*)/g))
      if (/\b(due_at|next_at|told_at)\b/.test(columns)) queues.add(table);
    for (const [, table] of text.matchAll(/DROP TABLE (\w+)/g)) queues.delete(table);
  }
  return queues.size;
}

/** Returns the files that put CIS2 together. */
const wiringOf = (texts) => [...texts.keys()].filter((file) => /^src\/cis2\/(index\.ts|realms\/)/.test(file));

/** Returns which direct entries of a folder each of its entries imports. */
function entriesOf(texts, folder) {
  const entry = (file) => file.slice(folder.length + 1).split('/')[0];
  const entries = new Map();
  for (const file of texts.keys()) {
    if (!file.startsWith(`${folder}/`)) continue;
    const imports = entries.get(entry(file)) ?? entries.set(entry(file), new Set()).get(entry(file));
    for (const to of importsOf(file, texts.get(file))) {
      if (to.startsWith(`${folder}/`) && entry(to) !== entry(file)) imports.add(entry(to));
    }
  }
  return entries;
}

/** Counts the entries of a folder that import each other in a loop. */
function inLoops(texts, folder) {
  const entries = entriesOf(texts, folder);
  const reaches = (from) => {
    const seen = new Set();
    const next = [...entries.get(from)];
    for (let at = next.pop(); at !== undefined; at = next.pop()) {
      if (seen.has(at)) continue;
      seen.add(at);
      next.push(...(entries.get(at) ?? []));
    }
    return seen;
  };
  return [...entries.keys()].filter((from) => reaches(from).has(from)).length;
}

/** Calls `visit` with each node of a file, and the number of lines of a node. */
function walk(file, text, visit) {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const line = (position) => source.getLineAndCharacterOfPosition(position).line;
  const linesOfNode = (node) => line(node.end) - line(node.getStart(source)) + 1;
  const each = (node) => {
    visit(node, linesOfNode);
    ts.forEachChild(node, each);
  };
  each(source);
}

/** Returns the lines of the longest function of a file. */
function maxFunctionLength(file, text) {
  let longest = 0;
  walk(file, text, (node, linesOfNode) => {
    if (ts.isFunctionLike(node)) longest = Math.max(longest, linesOfNode(node));
  });
  return longest;
}

/** Counts functions with a body of more than 60 lines. A program of a page is one function, so that its text can be sent. */
function longFunctions(texts) {
  let found = 0;
  for (const [file, text] of texts) {
    if (file.endsWith('script.ts')) continue;
    walk(file, text, (node, linesOfNode) => {
      if (ts.isFunctionLike(node) && node.body && linesOfNode(node) > 60) found += 1;
    });
  }
  return found;
}

/** Counts conditional expressions that are a branch of another. */
function nestedConditions(texts) {
  let found = 0;
  for (const [file, text] of texts) {
    walk(file, text, (node) => {
      if (!ts.isConditionalExpression(node)) return;
      found += [node.whenTrue, node.whenFalse].filter(ts.isConditionalExpression).length;
    });
  }
  return found;
}
