import { z } from 'zod';
import type { Statement } from '../../storage/database.ts';
import type { Settings } from '../../storage/settings.ts';
import type { Activity, Person, RoleActivities } from '../protocol.ts';

/** Where the list is kept. */
export const activitiesSetting = 'cis.activities';
const code = z.string().regex(/^B\d{4}$/, 'must be a business function: B0825');

/** Activities as an import brings them. */
export const activityShape = z.strictObject({
  code,
  name: z.string().min(1, 'must not be empty').max(100, 'must have at most 100 characters'),
  includes: z.array(code).max(100, 'must have at most 100 entries').default([]),
});

/** The one inclusion that public sources name; the national list has its own terms and is imported, not bundled. */
const published: readonly Activity[] = [
  { code: 'B0820', name: 'View Patient Demographics', includes: [] },
  { code: 'B0825', name: 'Amend Patient Demographics', includes: ['B0820'] },
];

/** The activities that an installation knows, and which of them include which. */
export class Activities {
  readonly #settings: Settings;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  async list(): Promise<Activity[]> {
    const kept = await this.#settings.get(activitiesSetting);
    return kept === undefined ? [...published] : (JSON.parse(kept) as Activity[]);
  }

  /** Returns the write that replaces the whole list. */
  replaceStatement(activities: readonly Activity[]): Statement {
    return this.#settings.setStatement(activitiesSetting, JSON.stringify(activities));
  }
}

/** What a person may do in each role: the activities of the role and all that they include, each once, with what brought it. */
export function expandActivities(person: Person, activities: readonly Activity[]): RoleActivities[] {
  const known = new Map(activities.map((activity) => [activity.code, activity]));
  return person.roles.map(({ roleId, activities: own }) => {
    const found = new Map(
      own.map(({ code, name }) => [code, { code, name, includedBy: null as string | null }]),
    );
    // What is added while going on is gone through as well; what is there already ends every circle.
    for (const { code } of found.values())
      for (const included of known.get(code)?.includes ?? [])
        if (!found.has(included))
          found.set(included, {
            code: included,
            name: known.get(included)?.name ?? included,
            includedBy: code,
          });
    return { roleId, activities: [...found.values()] };
  });
}
