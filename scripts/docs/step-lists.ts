import { globSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import ts from 'typescript';

/** A step of a list, and its name as a security check. */
export interface ListedStep {
  name: string;
  check: string | undefined;
}

/** A list of steps as the source writes it. */
export interface StepList {
  file: string;
  /** The name of the list, else the variable, member or route that holds it. */
  name: string;
  steps: readonly ListedStep[];
}

interface Module {
  file: string;
  source: ts.SourceFile;
  /** Imported names: the module and the name there. */
  imports: Map<string, { file: string; name: string }>;
  /** Initialisers and functions by name, wherever they are in the file. */
  declared: Map<string, ts.Node>;
}

/** The name of a list in a function that gets the name from its caller. */
const byCaller = '(by its caller)';

const root = new URL('../../', import.meta.url);

function readModule(file: string): Module {
  const text = readFileSync(new URL(file, root), 'utf8');
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const module: Module = { file, source, imports: new Map(), declared: new Map() };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
      const target = node.moduleSpecifier.text.startsWith('.')
        ? posix.join(posix.dirname(file), node.moduleSpecifier.text)
        : node.moduleSpecifier.text;
      const bindings = node.importClause?.namedBindings;
      if (bindings && ts.isNamedImports(bindings))
        for (const { name, propertyName } of bindings.elements)
          module.imports.set(name.text, { file: target, name: (propertyName ?? name).text });
    }
    if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && node.initializer)
      module.declared.set(node.name.text, node.initializer);
    if (ts.isFunctionDeclaration(node) && node.name) module.declared.set(node.name.text, node);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return module;
}

type Place = { module: Module; node: ts.Node };

/** Reads the step lists of the source files at these patterns. */
export function readStepLists(patterns: readonly string[]): StepList[] {
  const modules = new Map<string, Module>();
  const files = globSync([...patterns], { cwd: root }).filter(
    (file) => !/\.test\.ts$|\/testing\//.test(file),
  );
  const moduleAt = (file: string): Module | undefined => {
    if (!file.endsWith('.ts')) return undefined;
    const known = modules.get(file);
    if (known) return known;
    const module = readModule(file);
    modules.set(file, module);
    return module;
  };

  /** Resolves a name to its declaration, through imports. */
  function resolve(module: Module, name: string): Place | undefined {
    const node = module.declared.get(name);
    if (node) return { module, node };
    const imported = module.imports.get(name);
    const from = imported && moduleAt(imported.file);
    return imported && from ? resolve(from, imported.name) : undefined;
  }

  /** Returns the call of a function with this name. */
  const callOf = (node: ts.Node, name: string): ts.CallExpression | undefined =>
    ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === name
      ? node
      : undefined;

  /** Returns the results of a function, as far as it returns expressions. */
  function resultsOf(node: ts.Node): ts.Node[] {
    if (ts.isArrowFunction(node) && !ts.isBlock(node.body)) return [node.body];
    const found: ts.Node[] = [];
    const visit = (child: ts.Node): void => {
      if (ts.isReturnStatement(child) && child.expression) found.push(child.expression);
      else if (!ts.isFunctionLike(child)) ts.forEachChild(child, visit);
    };
    if (ts.isFunctionLike(node)) ts.forEachChild(node, visit);
    return found;
  }

  const isWrapper = ({ node }: Place): boolean => /\bnamedAfter\(/.test(node.getText());

  function stepOf(module: Module, node: ts.Expression): ListedStep {
    const check = callOf(node, 'check');
    if (check) {
      const [name, f] = check.arguments;
      return { name: f ? stepOf(module, f).name : '', check: (name as ts.StringLiteral).text };
    }
    if (ts.isFunctionExpression(node)) return { name: node.name?.text ?? 'inline', check: undefined };
    if (ts.isArrowFunction(node)) return { name: 'inline', check: undefined };
    if (ts.isPropertyAccessExpression(node)) return { name: node.name.text, check: undefined };
    if (ts.isCallExpression(node)) return stepOfCall(module, node);
    if (!ts.isIdentifier(node)) return { name: node.getText(), check: undefined };
    const place = resolve(module, node.text);
    const checked = place && callOf(place.node, 'check');
    const step = place && checked ? stepOf(place.module, checked) : undefined;
    return { name: step?.name || node.text, check: step?.check };
  }

  /** Resolves a wrapper to the step in it, and a factory to the step that it returns. */
  function stepOfCall(module: Module, node: ts.CallExpression): ListedStep {
    const {
      expression,
      arguments: [first],
    } = node;
    if (ts.isPropertyAccessExpression(expression)) return { name: expression.name.text, check: undefined };
    if (!ts.isIdentifier(expression)) return { name: expression.getText(), check: undefined };
    const place = resolve(module, expression.text);
    if (place && first && isWrapper(place)) return stepOf(module, first);
    const made =
      place &&
      resultsOf(place.node).find((result) => callOf(result, 'check') || ts.isFunctionExpression(result));
    if (place && made) return stepOf(place.module, made as ts.Expression);
    return { name: expression.text, check: undefined };
  }

  /** Returns the steps of a chain of calls, from the start of the list on. */
  function chainOf(
    module: Module,
    node: ts.Expression,
    parameter?: string,
  ): { name: string; steps: ListedStep[] } | undefined {
    if (ts.isIdentifier(node)) {
      if (node.text === parameter) return { name: '', steps: [] };
      const place = resolve(module, node.text);
      return place && ts.isExpression(place.node) ? chainOf(place.module, place.node) : undefined;
    }
    if (!ts.isCallExpression(node)) return undefined;
    const start = callOf(node, 'steps');
    if (start) {
      const [name] = start.arguments;
      if (name && ts.isIdentifier(name)) return { name: byCaller, steps: [] };
      return { name: name && ts.isStringLiteral(name) ? name.text : '', steps: [] };
    }
    const {
      expression,
      arguments: [first],
    } = node;
    if (ts.isIdentifier(expression)) {
      const place = resolve(module, expression.text);
      const list = place && resultsOf(place.node).find((result) => ts.isCallExpression(result));
      const chain = place && list && chainOf(place.module, list as ts.Expression);
      return chain?.name === byCaller && first && ts.isStringLiteral(first)
        ? { ...chain, name: first.text }
        : chain;
    }
    if (!ts.isPropertyAccessExpression(expression) || !first) return undefined;
    const before = chainOf(module, expression.expression, parameter);
    if (!before) return undefined;
    if (expression.name.text === 'step')
      return { ...before, steps: [...before.steps, stepOf(module, first)] };
    if (expression.name.text !== 'use') return undefined;
    const shared = sharedSteps(module, first);
    return shared && { ...before, steps: [...before.steps, ...shared] };
  }

  /** Returns the steps of a part that several lists use: a function of the list, or a call that returns one. */
  function sharedSteps(module: Module, node: ts.Expression): readonly ListedStep[] | undefined {
    const name = ts.isCallExpression(node) ? node.expression : node;
    const place = ts.isIdentifier(name) ? resolve(module, name.text) : undefined;
    const made: ts.Node | undefined =
      place && ts.isCallExpression(node) ? resultsOf(place.node)[0] : place?.node;
    if (!place || !made || !ts.isFunctionLike(made)) return undefined;
    const [result] = resultsOf(made);
    const list = made.parameters[0]?.name.getText();
    return result && chainOf(place.module, result as ts.Expression, list)?.steps;
  }

  /** Names a list without a name by the variable, member or route that holds it. */
  function holderOf(node: ts.Node): string {
    for (let at = node.parent; at; at = at.parent) {
      if (ts.isVariableDeclaration(at) && at.name.getText() !== 'list') return at.name.getText();
      if (ts.isFunctionDeclaration(at)) return at.name?.text ?? '';
      if (
        ts.isPropertyAssignment(at) &&
        !/^(GET|POST|PUT|PATCH|DELETE|endpoint|run)$/.test(at.name.getText())
      )
        return at.name.getText();
      if (ts.isCallExpression(at)) {
        const words = at.arguments
          .filter((word) => ts.isStringLiteralLike(word))
          .map((word) => word.getText().slice(1, -1));
        if (words.some((word) => word.includes('/')) || /route/i.test(at.expression.getText()))
          return words.join(' ') || '/';
      }
    }
    return '';
  }

  const isInner = ({ parent }: ts.Node): boolean =>
    parent !== undefined &&
    ts.isPropertyAccessExpression(parent) &&
    ['step', 'use'].includes(parent.name.text);

  /** Whether a list only begins others. */
  const isPrefix = ({ source }: Module, { parent }: ts.Node): boolean =>
    parent !== undefined &&
    ts.isVariableDeclaration(parent) &&
    new RegExp(`\\b${parent.name.getText()}\\s*\\.(step|use)\\(`).test(source.text) &&
    !new RegExp(`\\b${parent.name.getText()}(\\.run)?\\s*[(,)]|endpoint: ${parent.name.getText()}\\b`).test(
      source.text,
    );

  const lists: StepList[] = [];
  for (const file of files.sort()) {
    const module = moduleAt(file);
    if (!module?.source.text.includes('.step(')) continue;
    const visit = (node: ts.Node): void => {
      if (
        ts.isCallExpression(node) &&
        ts.isPropertyAccessExpression(node.expression) &&
        node.expression.name.text === 'step' &&
        !isInner(node)
      ) {
        const list = isPrefix(module, node) ? undefined : chainOf(module, node);
        if (list && list.name !== byCaller)
          lists.push({ file, name: list.name || holderOf(node), steps: list.steps });
      }
      ts.forEachChild(node, visit);
    };
    visit(module.source);
  }
  return lists;
}
