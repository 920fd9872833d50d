import type { Method, Route } from '@alongside/kernel/http';
import { partsOf, routeFinder } from '@alongside/kernel/route';
import type { PathSet } from '../api.ts';
import type { OperationModel } from './model.ts';

/** The operation of a call, with the decoded parts of its path. */
export interface FoundOperation {
  operation: OperationModel;
  params: Readonly<Record<string, string>>;
}

export type OperationFinder = (verb: string, path: string) => FoundOperation | undefined;

const isParameter = (part: string): boolean => part.includes('{');

/** A part of a path with a parameter: its name, and the texts around it, as in `/report-{id}.pdf`. */
interface Parameter {
  at: string;
  name: string;
  before: string;
  after: string;
}

const parameterOf = (part: string, at: number): Parameter => ({
  at: String(at),
  name: part.slice(part.indexOf('{') + 1).split('}', 1)[0] ?? '',
  before: part.slice(0, part.indexOf('{')),
  after: part.slice(part.lastIndexOf('}') + 1),
});

/** Returns the value of a parameter; undefined if the texts around it are others. */
function valueWithin({ before, after }: Parameter, text: string): string | undefined {
  const isWithin =
    text.length >= before.length + after.length && text.startsWith(before) && text.endsWith(after);
  return isWithin ? text.slice(before.length, text.length - after.length) : undefined;
}

interface Candidate {
  operation: OperationModel;
  parameters: readonly Parameter[];
}

const lengthAround = ({ parameters }: Candidate): number =>
  parameters.reduce((sum, { before, after }) => sum + before.length + after.length, 0);

/** @param written a literal part of a path, as it is compared; the first of equal operations counts */
function finderOf(operations: readonly OperationModel[], written: (part: string) => string): OperationFinder {
  const byRoute = new Map<string, { route: Route; candidates: Candidate[] }>();
  for (const operation of operations) {
    const parts = partsOf(operation.path).map(written);
    const path = parts.map((part, at) => (isParameter(part) ? `:${at}` : part)).join('/');
    const parameters = parts.flatMap((part, at) => (isParameter(part) ? parameterOf(part, at) : []));
    const shape = `${operation.method} ${path}`;
    const endpoint = () => Promise.reject(new Error('This route is only found.'));
    const route: Route = { methods: [operation.method as Method], path, endpoint };
    const alike = byRoute.get(shape) ?? { route, candidates: [] };
    alike.candidates.push({ operation, parameters });
    byRoute.set(shape, alike);
  }
  const shapes = [...byRoute.values()];
  // Two templates may differ in the names of their parameters alone; the first one counts.
  for (const { candidates } of shapes)
    candidates.sort((one, other) => lengthAround(other) - lengthAround(one));
  const found = new Map<unknown, readonly Candidate[]>(
    shapes.map(({ route, candidates }) => [route, candidates]),
  );
  const find = routeFinder(shapes.map(({ route }) => route));
  return (verb, path) => {
    const { route, params } = find(verb, path);
    for (const { operation, parameters } of found.get(route) ?? []) {
      const values = parameters.map((parameter) => valueWithin(parameter, params[parameter.at] ?? ''));
      if (values.includes(undefined)) continue;
      return {
        operation,
        params: Object.fromEntries(parameters.map(({ name }, at) => [name, values[at] ?? ''])),
      };
    }
    return undefined;
  };
}

/** Paths that servers may read instead of one: decoded slashes (WSGI), no parameters (servlets), no empty parts, another case. */
function readingsOf(path: string): ReadonlySet<string> {
  const whole = path.replace(/%2f|%5c|\\/gi, '/');
  const bare = path.replace(/(?:;|%3b)[^/]*/gi, '');
  const readings = [
    path,
    whole,
    bare,
    bare.replace(/%2f|%5c|\\/gi, '/'),
    whole.replace(/(?:;|%3b)[^/]*/gi, ''),
  ];
  const merged = readings.map((reading) => reading.replace(/\/{2,}/g, '/').replace(/(?!^)\/$/, ''));
  return new Set([...readings, ...merged]);
}

/** The operations of each mode, as in `x-alongside.operations`; all by default. */
type OperationsOfModes = Readonly<Partial<Record<string, readonly string[]>>>;

/** Returns the conditions for calling an operation. */
const rulesOf = ({ grants, key }: OperationModel, ofModes: OperationsOfModes): string =>
  [...grants, ...Object.entries(ofModes).map(([mode, keys]) => `${mode} ${keys?.includes(key)}`)].join();

/**
 * Returns two operations that a server may take for each other, because it ignores case, although other callers may call them;
 * undefined if there are none.
 */
export function alikeInAnyCase(
  operations: readonly OperationModel[],
  ofModes: OperationsOfModes = {},
): readonly [OperationModel, OperationModel] | undefined {
  const seen = new Map<string, OperationModel>();
  for (const operation of operations) {
    const shape = operation.key.replace(/\{[^{}]*\}/g, '{}').toLowerCase();
    const other = seen.get(shape);
    if (other && rulesOf(other, ofModes) !== rulesOf(operation, ofModes)) return [other, operation];
    seen.set(shape, operation);
  }
  return undefined;
}

/**
 * Returns a function that finds the operation of a call: a literal part of a path precedes a parameter, and one with more text around
 * it precedes others. A call that the upstream may read as one of an operation with other rules has none.
 */
export function operationFinder(
  operations: readonly OperationModel[],
  ofModes: OperationsOfModes = {},
): OperationFinder {
  const find = finderOf(operations, (part) => part);
  const findInAnyCase = finderOf(operations, (part) => part.toLowerCase());
  const rules = new Map(operations.map((operation) => [operation, rulesOf(operation, ofModes)]));
  const areAlike = new Set(rules.values()).size < 2;
  const mayBeOther = (verb: string, path: string, { operation, params }: FoundOperation) =>
    !areAlike &&
    Object.keys(params).length > 0 &&
    [...readingsOf(path)].some((reading) => {
      const other = findInAnyCase(verb, decodeURI(reading).toLowerCase());
      return other !== undefined && rules.get(other.operation) !== rules.get(operation);
    });
  return (verb, path) => {
    const found = find(verb, path === '' ? '/' : path);
    return found && !mayBeOther(verb, path, found) ? found : undefined;
  };
}

/** Returns the paths of the operations of one kind. */
export const pathsWhere = (
  find: OperationFinder,
  operations: readonly OperationModel[],
  is: (operation: OperationModel) => boolean,
): PathSet => ({
  names: [...new Set(operations.filter(is).map(({ path }) => path))],
  find(verb, path) {
    const found = find(verb, path)?.operation;
    return found && is(found) ? { name: found.path } : undefined;
  },
});
