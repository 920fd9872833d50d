import { ClientError } from './errors.ts';

/** The form of a JSON value. Every member is optional, and others are allowed. */
export type Shape = 'text' | 'number' | 'flag' | readonly [Shape] | { readonly [member: string]: Shape };

/** The deepest level that is checked. */
const MOST_LEVELS = 12;

/** Returns the path of the first part of a value that does not have the form; undefined if all have it. */
export function misfit(value: unknown, shape: Shape, path = '', levels = MOST_LEVELS): string | undefined {
  if (levels === 0) return path;
  if (typeof shape === 'string') return typeof value === TYPES[shape] ? undefined : path;
  if (isList(shape)) {
    if (!Array.isArray(value)) return path;
    return firstOf(value, (item, index) => misfit(item, shape[0], `${path}[${index}]`, levels - 1));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return path;
  const members = value as Record<string, unknown>;
  return firstOf(Object.entries(shape), ([name, form]) => {
    const at = path === '' ? name : `${path}.${name}`;
    return members[name] === undefined ? undefined : misfit(members[name], form, at, levels - 1);
  });
}

/** Returns a value as a resource of this type. Throws `response_invalid` with the path of the part that is wrong. */
export function resourceOf<T extends { resourceType: string }>(
  value: unknown,
  resourceType: T['resourceType'],
  shape: Shape,
): T {
  const found = (value as { resourceType?: unknown } | undefined)?.resourceType;
  if (found !== resourceType)
    throw new ClientError(
      'response_invalid',
      `The API answered with something that is not a ${resourceType}.`,
    );
  const wrong = misfit(value, shape);
  if (wrong !== undefined) {
    throw new ClientError('response_invalid', `The API answered with a ${resourceType} that is malformed.`, {
      expected: `${wrong} as in FHIR R4`,
    });
  }
  return value as T;
}

const TYPES = { text: 'string', number: 'number', flag: 'boolean' } as const;

const isList = (shape: Exclude<Shape, string>): shape is readonly [Shape] => Array.isArray(shape);

function firstOf<T>(
  list: readonly T[],
  of: (item: T, index: number) => string | undefined,
): string | undefined {
  for (const [index, item] of list.entries()) {
    const found = of(item, index);
    if (found !== undefined) return found;
  }
  return undefined;
}
