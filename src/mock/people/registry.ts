import type { MockDependencies } from '../dependencies.ts';
import { AddedCitizens } from './added-citizens.ts';
import { careWorkers } from './care-workers.ts';
import { citizensPeople } from './citizens.ts';
import type { People } from './people.ts';

/** Who signs in where. Every realm's name begins with one of their prefixes. */
export const createPeople = (
  parts: Pick<MockDependencies, 'cis' | 'claimsOf' | 'log' | 'database'>,
): readonly People[] => [careWorkers(parts), citizensPeople(new AddedCitizens(parts.database))];

/** The people of a realm. */
export function peopleOf(registry: readonly People[], realm: string): People {
  const people = registry.find(({ prefix }) => realm.startsWith(prefix));
  if (!people) throw new Error(`Nobody is registered for the realm ${realm}.`);
  return people;
}
