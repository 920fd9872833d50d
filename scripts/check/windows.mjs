import { spawnSync } from 'node:child_process';
import ts from 'typescript';
import { clone } from '../prepare/clone.mjs';
import { textOf, trackedFiles } from './tracked.mjs';

/** Calls that a rule would refuse, by file and rule, with the reason. The list may only become shorter. */
const allowed = new Map([
  ['src/boot/master-key.ts shell', 'a command line of the operator'],
  ['src/cli/init/npm-test.ts shell', "a script of the project's package.json"],
  ['scripts/prepare/npm.mjs shell', 'npm.cmd, with words of our own'],
  ['kernel/rename.ts rename', 'the function for others'],
  ['kernel/rename.test.ts rename', 'its test'],
  ['scripts/prepare/rename.mjs rename', 'the function for scripts'],
  ['scripts/prepare/lock.mjs rename', 'another process must not wait for this one'],
  ['scripts/pack/executable/native-module.cjs rename', 'the target has the name of its content'],
  ['scripts/pack/executable/platforms.mjs rename', 'to a new folder'],
  ['scripts/image.mjs rename', 'for Linux only'],
  ['scripts/test/cards.mjs rename', 'for Linux only'],
  ['test/cards/signing-token.test.ts rename', 'for Linux only'],
  ['src/cli/testing/command.ts program', 'a limit of bash, for Linux only'],
  ['src/console/service/exports/exports.test.ts program', 'reads a command for a POSIX shell'],
]);

/** Tests that also run on Windows; the other folders test files and examples for Linux. */
const portable =
  /^(?:kernel|client|identity-agent|src|test\/(?:windows|testing|scripts))\/.*(?:\.test\.ts$|\/testing\/)/;
const posixPrograms =
  /^(?:\/(?:usr\/)?bin\/)?(?:sh|bash|cat|rm|cp|mv|ls|ln|chmod|mkdir|touch|true|false|grep|sed|sleep|kill)$/;
const starters = /^(?:spawn|spawnSync|execFile|execFileSync|run|execute)$/;
const urls =
  /\bpathToFileURL\b|\bnew URL\b|\.href\b|\bimport\.meta\.resolve\b|\bimport\.meta\.url\b(?!\s*\))/;

/** Reports code that runs on Linux and macOS, but not on Windows. */
export function windows(files = trackedFiles(), read = textOf) {
  const sources = files.filter((file) => /\.(?:ts|mts|mjs|cjs|js)$/.test(file));
  return [...sources.flatMap((file) => inFile(file, read(file) ?? '')), ...lineEnds(files, read)];
}

const suspicious = /\bimport\(|=\$\{|\bshell\b|\bprocess\.get|\brename(?:Sync)?\b|\b(?:spawn|exec|run)\w*\(/;

/** Returns the complaints about one file's text. */
export function inFile(file, text) {
  if (!suspicious.test(text)) return [];
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const complaints = [];
  const visit = (node) => {
    for (const { rule, about } of problemsOf(node, source)) {
      if (allowed.has(`${file} ${rule}`) || (rule === 'program' && !portable.test(file))) continue;
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      complaints.push(`${file}:${line + 1}: ${about}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return complaints;
}

function problemsOf(node, source) {
  if (ts.isCallExpression(node)) return problemsOfCall(node, source);
  if (ts.isTemplateExpression(node)) return problemsOfTemplate(node, source);
  const isShell = ts.isPropertyAssignment(node) && node.name.getText() === 'shell';
  if (isShell && node.initializer.kind !== ts.SyntaxKind.FalseKeyword && isOptions(node))
    return [
      { rule: 'shell', about: 'a shell reads the words of others as commands: start the program itself' },
    ];
  return [];
}

/** Returns whether a property is one of the options of a call, not of a table. */
const isOptions = ({ parent }) => ts.isCallExpression(parent.parent) || ts.isReturnStatement(parent.parent);

function problemsOfCall(node, source) {
  const [first] = node.arguments;
  const called = node.expression;
  if (called.kind === ts.SyntaxKind.ImportKeyword && !ts.isStringLiteralLike(first) && !isUrl(first, source))
    return [{ rule: 'url', about: 'import() takes a URL, and a path of Windows is none: use pathToFileURL' }];
  const name = ts.isPropertyAccessExpression(called) ? called.name.text : called.getText();
  if (
    /^process\.get(?:e?[ug]id|groups)$/.test(called.getText()) &&
    !called.questionDotToken &&
    !node.questionDotToken
  )
    return [{ rule: 'user', about: `Windows has no ${called.getText()}: write ${called.getText()}?.()` }];
  if (isFileRename(called, name, source))
    return [{ rule: 'rename', about: 'a scanner may hold the file for a moment: use renameSafely' }];
  if (starters.test(name) && first && ts.isStringLiteralLike(first) && posixPrograms.test(first.text))
    return [{ rule: 'program', about: `Windows has no ${first.text}: use Node.js itself` }];
  return [];
}

/** Returns whether a call is that of node:fs, not one of our own with this name. */
function isFileRename(called, name, source) {
  if (name === 'renameSync') return true;
  if (name !== 'rename') return false;
  return /import \{[^}]*\brename\b[^}]*\} from 'node:fs\/promises'|\bfs\.rename\(/.test(source.text)
    ? called.getText() === 'rename' || called.getText().endsWith('fs.rename')
    : false;
}

/** Programs in texts, and options of Node.js that name a module. */
function problemsOfTemplate(node, source) {
  const texts = [node.head, ...node.templateSpans.map(({ literal }) => literal)];
  return node.templateSpans.flatMap(({ expression }, index) =>
    /(?:\bimport\(|--(?:test-reporter|import|loader)=)$/.test(texts[index].text) && !isUrl(expression, source)
      ? [{ rule: 'url', about: 'Node.js takes a URL here, and a path of Windows is none: use pathToFileURL' }]
      : [],
  );
}

/** Returns whether an expression, with the declarations of its names in this file, makes a URL or names a package. */
function isUrl(expression, source) {
  const text = expression.getText();
  if (urls.test(text) || /^`\.{1,2}\//.test(text)) return true;
  // One of several literals.
  if (
    ts.isConditionalExpression(expression) &&
    [expression.whenTrue, expression.whenFalse].every(ts.isStringLiteralLike)
  )
    return true;
  const names = text.match(/\b[A-Za-z_]\w*\b(?!['"])/g) ?? [];
  return names.some((name) => {
    const [, value] = new RegExp(`\\b(?:const|function) ${name}\\b([^;]*);`).exec(source.text) ?? [];
    return value !== undefined && (urls.test(value) || /^(?:: string)? = '[\w@/-]+'$/.test(value));
  });
}

/** Checks that git writes the same bytes on every system. */
function lineEnds(files, read) {
  if (!files.includes('.gitattributes')) return [];
  if (!/^\* text=auto eol=lf$/m.test(read('.gitattributes') ?? ''))
    return ['.gitattributes: write "* text=auto eol=lf", so that a clone has the same bytes on Windows'];
  const { status, stdout } = spawnSync('git', ['ls-files', '--eol'], { cwd: clone, encoding: 'utf8' });
  if (status !== 0) return [];
  return stdout
    .split('\n')
    .filter((line) => /^i\/(?:crlf|mixed)|^i\/-text\s+\S+\s+attr\/(?!-text)/.test(line))
    .map((line) => `${line.split('\t')[1]}: list it as binary in .gitattributes, or write LF`);
}
