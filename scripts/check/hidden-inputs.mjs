import ts from 'typescript';
import { textOf, trackedFiles } from './tracked.mjs';

/**
 * Files that may read time, randomness and the environment. Others use the kernel's ports, or those two of the client library,
 * which does not have the kernel.
 */
const allowed = /^(kernel|scripts|test|bench|examples)\/|^client\/(clock|environment)\.ts$|\.test\.ts$/;
const members = new Set(['Date.now', 'Math.random', 'process.env']);
const globals = new Set(['globalThis', 'global', 'window', 'self']);

/** Reports `Date.now`, `new Date()`, `Math.random` and `process.env` in any spelling. */
export function hiddenInputs() {
  return trackedFiles()
    .filter((file) => /\.(ts|mts|mjs|cjs|js)$/.test(file) && !allowed.test(file))
    .flatMap((file) => inFile(file, textOf(file)));
}

/** Returns the complaints about one file's text. */
export function inFile(file, text) {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const complaints = [];
  const visit = (node) => {
    for (const what of hiddenInput(node)) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      complaints.push(
        `${file}:${line + 1}: ${what} is read here; take it from the kernel's clock, ids or config`,
      );
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return complaints;
}

function hiddenInput(node) {
  if (ts.isPropertyAccessExpression(node)) return known(node.expression, node.name.text);
  if (ts.isElementAccessExpression(node) && ts.isStringLiteralLike(node.argumentExpression)) {
    return known(node.expression, node.argumentExpression.text);
  }
  if (ts.isNewExpression(node) && globalName(node.expression) === 'Date' && !node.arguments?.length) {
    return ['new Date()'];
  }
  if (ts.isCallExpression(node) && globalName(node.expression) === 'Date') return ['Date()'];
  if (ts.isVariableDeclaration(node) && node.initializer && ts.isObjectBindingPattern(node.name)) {
    const { initializer, name } = node;
    return name.elements.flatMap((element) =>
      known(initializer, (element.propertyName ?? element.name).text),
    );
  }
  if (ts.isImportDeclaration(node) && /^(node:)?process$/.test(node.moduleSpecifier.text)) {
    const named = node.importClause?.namedBindings;
    const names = named && ts.isNamedImports(named) ? named.elements : [];
    return names.filter((name) => (name.propertyName ?? name.name).text === 'env').map(() => 'process.env');
  }
  return [];
}

function known(expression, member) {
  const name = `${globalName(expression)}.${member}`;
  return members.has(name) ? [name] : [];
}

/** Returns the name of the global that an expression means, also through `globalThis`; else undefined. */
function globalName(expression) {
  if (ts.isIdentifier(expression)) return expression.text;
  const global = ts.isPropertyAccessExpression(expression) && ts.isIdentifier(expression.expression);
  return global && globals.has(expression.expression.text) ? expression.name.text : undefined;
}
