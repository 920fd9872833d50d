import type { MockDependencies } from '../dependencies.ts';
import { careWorkers } from './care-workers.ts';
import { AddedCitizens, citizensPeople } from './citizens.ts';
import type { People } from './people.ts';

/** Creates the users of all realms. The name of every realm starts with one of their prefixes. */
export const createPeople = (dependencies: MockDependencies): readonly People[] => [
  careWorkers(dependencies),
  citizensPeople(new AddedCitizens(dependencies.database)),
];

export function peopleOf(registry: readonly People[], realm: string): People {
  const people = registry.find(({ prefix }) => realm.startsWith(prefix));
  if (!people) throw new Error(`No users are registered for the realm ${realm}.`);
  return people;
}
