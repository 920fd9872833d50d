import { RegExpParser, visitRegExpAST } from '@eslint-community/regexpp';
import { JS } from 'refa';
import { analyse } from 'scslre';
import { growth } from './growth.mjs';

const parser = new RegExpParser();

/** A character that no text contains: a branch that ends with it is explored and fails. */
const deadEnd = '\\uffff';

/**
 * Returns why a regular expression may not run in linear time, or undefined if it does. scslre detects slowness from one repeated
 * character, also across lookarounds; `growth` detects words.
 */
export function superLinear(source, flags) {
  const literal = { source, flags };
  const [report] = analyse(literal).reports;
  if (report) return `${report.exponential ? 'exponential' : 'polynomial'} time (repeat one character)`;
  const ast = parser.parseLiteral(`/${source}/${flags}`);
  const model = modelOf(ast);
  if (model.problem) return model.problem;
  const { expression } = JS.Parser.fromAst(parser.parseLiteral(model.literal)).parse({
    assertions: 'ignore',
    simplify: false,
  });
  const degree = growth(expression, {
    anchored: flags.includes('y') || (!flags.includes('m') && startsAtStart(ast.pattern)),
    endsAnywhere: !model.hasCondition,
  });
  return degree && `${degree} time (repeat one word)`;
}

/**
 * Returns the pattern for the automaton. Long bounded repetitions count as unbounded (an expression that is linear without the
 * bound is linear with it), and a lookahead is a branch that is explored and left.
 */
function modelOf({ raw, pattern }) {
  const edits = [];
  let problem;
  let hasCondition = false;
  visitRegExpAST(pattern, {
    onBackreferenceEnter: () => {
      problem = 'a back reference, whose cost is unknown';
    },
    onQuantifierEnter: ({ min, max, greedy, element, end }) => {
      const suffix = max === min ? '{2}' : `${min > 0 ? '+' : '*'}${greedy ? '' : '?'}`;
      if (max > 4) edits.push([element.end, end, suffix]);
    },
    onAssertionEnter: (assertion) => {
      if (assertion.kind !== 'start') hasCondition = true;
      if (assertion.kind === 'lookbehind') edits.push([assertion.start, assertion.end, '(?:)']);
      if (assertion.kind === 'lookahead') {
        edits.push([assertion.start, assertion.start + 3, '(?:(?:']);
        edits.push([assertion.end - 1, assertion.end, `)${deadEnd}|)`]);
      }
    },
  });
  let literal = raw;
  for (const [start, end, text] of edits.sort(([a], [b]) => b - a)) {
    literal = literal.slice(0, start) + text + literal.slice(end);
  }
  return { literal, problem, hasCondition };
}

/** Returns whether each alternative begins with `^`, so that the pattern is tried at one position only. */
const startsAtStart = ({ alternatives }) =>
  alternatives.every(({ elements: [first] }) => {
    if (first?.type === 'Group' || first?.type === 'CapturingGroup') return startsAtStart(first);
    return first?.type === 'Assertion' && first.kind === 'start';
  });
