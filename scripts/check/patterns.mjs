import ts from 'typescript';
import { superLinear } from './patterns/super-linear.mjs';
import { textOf, trackedFiles } from './tracked.mjs';

/** Product code, with regular expressions that may match outside text. */
const product = /^(?:kernel|src|identity-agent|client|examples)\/.*\.(?:ts|mts|mjs|js)$/;
const tests = /\.test\.ts$|\/testing\//;

/** Files that build expressions from our own text. */
const built = new Map([
  ['src/gateway/definitions/patterns.ts', 'patterns of definitions, which run for a limited time'],
  ['kernel/route.ts', 'from the path templates of our own routes; a parameter is one segment'],
]);

/** Reports regular expressions of the product that may not run in linear time. */
export function slowPatterns() {
  return trackedFiles()
    .filter((file) => product.test(file) && !tests.test(file))
    .flatMap((file) => inFile(file, textOf(file) ?? ''));
}

/** Returns the complaints about one file's text. */
export function inFile(file, text) {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const complaints = [];
  const complain = (node, problem) => {
    const { line } = source.getLineAndCharacterOfPosition(node.getStart());
    complaints.push(`${file}:${line + 1}: ${node.getText().slice(0, 100)}: ${problem}`);
  };
  const visit = (node) => {
    if (ts.isRegularExpressionLiteral(node)) {
      const end = node.text.lastIndexOf('/');
      const problem = superLinear(node.text.slice(1, end), node.text.slice(end + 1));
      if (problem) complain(node, problem);
    }
    if (isRegExpCall(node) && !built.has(file)) {
      complain(node, 'write a literal, so that its running time can be checked');
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return complaints;
}

const isRegExpCall = (node) =>
  (ts.isNewExpression(node) || ts.isCallExpression(node)) &&
  /^(?:globalThis\.)?RegExp$/.test(node.expression.getText());
