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

/**
 * Whether a server may read the value of a parameter as steps in its path: `..` between slashes of either kind, or before `;`, where
 * servers expect parameters (RFC 3986 sections 3.3 and 5.2.4). A NUL ends a path in some servers.
 */
const mayLeaveItsPath = (value: string): boolean =>
  /(?:^|[/\\])\.\.?(?:$|[/\\;])/.test(value) || value.includes('\0');

/**
 * Returns a function that finds the operation of a call: a literal part of a path precedes a parameter. A call that the upstream may
 * resolve to another path has none, because the rules of the found operation would not be those of that path.
 */
export function operationFinder(operations: readonly OperationModel[]): OperationFinder {
  const byRoute = new Map<unknown, { operation: OperationModel; names: readonly string[] }>();
  const seen = new Set<string>();
  const routes: Route[] = [];
  for (const operation of operations) {
    const parts = partsOf(operation.path);
    // Two templates may differ in the names of their parameters alone; the first one counts.
    const shape = `${operation.method} ${parts.map((part) => (isParameter(part) ? '{}' : part)).join('/')}`;
    if (seen.has(shape)) continue;
    seen.add(shape);
    const route: Route = {
      methods: [operation.method as Method],
      path: parts.map((part, at) => (isParameter(part) ? `:${at}` : part)).join('/'),
      endpoint: () => Promise.reject(new Error('This route is only found.')),
    };
    routes.push(route);
    byRoute.set(route, {
      operation,
      names: parts.map((part) => part.slice(part.indexOf('{') + 1).split('}', 1)[0] ?? ''),
    });
  }
  const find = routeFinder(routes);
  return (verb, path) => {
    const { route, params } = find(verb, path === '' ? '/' : path);
    const found = byRoute.get(route);
    if (!found || Object.values(params).some(mayLeaveItsPath)) return undefined;
    const named = Object.entries(params).map(([at, value]) => [found.names[Number(at)] ?? at, value]);
    return { operation: found.operation, params: Object.fromEntries(named) };
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
