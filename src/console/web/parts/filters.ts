import type { ConsoleContext } from '../../model/dependencies.ts';
import type { Filter } from '../frame/controls.ts';

/** Longer lists are too long to choose from, and make the page large. */
const maxOptions = 50;

/** Returns a parameter of the query if it is one of these values. */
export const oneOf = <T extends string>(value: string | null, known: readonly T[]): T | undefined =>
  known.find((each) => each === value);

/** Returns a text of the query, cut to 200 characters; undefined without one. */
export const textOf = (query: URLSearchParams, name: string): string | undefined =>
  query.get(name)?.trim().slice(0, 200) || undefined;

/** A filter by application: a choice, or a field for its id where there are many. */
export async function applicationFilter(
  { applications }: Pick<ConsoleContext, 'applications'>,
  name: string,
): Promise<Filter> {
  const all = await applications.list();
  return all.length > maxOptions
    ? { name, label: 'Application id' }
    : { name, label: 'Application', options: all.map((each) => [each.id, each.name] as const) };
}
