import ts from 'typescript';
import { textOf, trackedFiles } from './tracked.mjs';

/** These build statements and keep the names of the SQL helpers. */
const builders = new Set(['sql', 'must', 'seldom', 'found']);
const statementType = /^(Promise<)?(readonly )?Statement(\[\])?>?$/;
const statementName = /Statements?$/;

/** Reports functions of the product whose name and return type disagree on whether they return a statement. */
export function statements() {
  return trackedFiles()
    .filter((file) => /^src\/.*(?<!\.test)\.ts$/.test(file))
    .map((file) => [file, textOf(file) ?? ''])
    .filter(([, text]) => text.includes('Statement'))
    .flatMap(([file, text]) => namesIn(file, text));
}

/** Returns the complaints about one file's text. */
export function namesIn(file, text) {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const complaints = [];
  const complain = (node, problem) => {
    const { line } = source.getLineAndCharacterOfPosition(node.getStart());
    complaints.push(`${file}:${line + 1}: ${problem}`);
  };
  const visit = (node) => {
    const name = nameOf(node)?.text;
    if (name !== undefined && !builders.has(name)) {
      const returns = returnsStatement(node);
      if (returns === true && !statementName.test(name))
        complain(node, `${name} returns a statement; end its name in Statement or Statements`);
      if (returns === false && statementName.test(name))
        complain(node, `${name} does not return a statement; drop the suffix`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return complaints;
}

const isFunction = (node) => ts.isArrowFunction(node) || ts.isFunctionExpression(node);

/** Returns the name under which a function is called; undefined for other nodes. */
function nameOf(node) {
  if (ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node) || ts.isMethodSignature(node))
    return node.name;
  const { parent } = node;
  if (!isFunction(node)) return undefined;
  const names = ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent);
  return names || ts.isPropertyDeclaration(parent) ? parent.name : undefined;
}

/** Returns whether a function returns a statement; undefined if its text does not show it. */
function returnsStatement(node) {
  if (node.type) return statementType.test(node.type.getText());
  const { body } = node;
  if (!body || ts.isBlock(body)) return undefined;
  return ts.isCallExpression(body) && builders.has(body.expression.getText()) ? true : undefined;
}
