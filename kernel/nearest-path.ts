import { edits } from './refusal-facts.ts';
import type { Route } from './request.ts';
import { partsOf } from './route.ts';

/** Maximum length of a path, and maximum number of edits, for a suggestion. */
const longest = 120;
const maxEdits = 3;

/** Fills the `:name` parts of a template from a path. */
export const filled = (template: string, path: string): string => {
  const parts = partsOf(path);
  return partsOf(template)
    .map((part, place) => (part.startsWith(':') ? (parts[place] ?? part) : part))
    .join('/');
};

/**
 * Returns a function that suggests the path for a mistyped one. It returns undefined for an existing path and
 * for one without a near match.
 */
export function nearestPath(
  routes: readonly Pick<Route, 'path' | 'known'>[],
): (path: string) => string | undefined {
  const templates = [
    ...new Set(routes.flatMap(({ path, known }) => known ?? (path.includes('*') ? [] : [path]))),
  ];
  return (path) => {
    if (path.length > longest) return undefined;
    let nearest: string | undefined;
    let fewest = maxEdits + 1;
    for (const template of templates) {
      const candidate = filled(template, path);
      if (Math.abs(candidate.length - path.length) >= fewest) continue;
      const distance = edits(path, candidate);
      if (distance === 0) return undefined;
      if (distance < fewest) [nearest, fewest] = [template, distance];
    }
    return nearest;
  };
}
