import type { Route } from './request.ts';

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);

const patternOf = (path: string): RegExp =>
  new RegExp(
    `^${path
      .split('/')
      .map((part) => (part === '*' ? '.*' : part.startsWith(':') ? '[^/]*' : escaped(part)))
      .join('/')}$`,
  );

const isFixed = (path: string): boolean => !path.split('/').some((part) => part === '*' || part[0] === ':');

/** Returns a function that finds the route of a request as a listener does. It ignores percent-encoding. */
export function routeFinder(routes: readonly Route[]): (method: string, path: string) => Route | undefined {
  const fixed = routes.filter(({ path }) => isFixed(path));
  const patterns = routes
    .filter(({ path }) => !isFixed(path))
    .map((route) => ({ route, pattern: patternOf(route.path) }));
  return (method, path) => {
    const serves = ({ methods }: Route): boolean => (methods as readonly string[]).includes(method);
    return (
      fixed.find((route) => route.path === path && serves(route)) ??
      patterns.find(({ route, pattern }) => serves(route) && pattern.test(path))?.route
    );
  };
}
