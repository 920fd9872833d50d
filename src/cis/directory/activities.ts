import { z } from 'zod';
import type { Statement } from '../../storage/database.ts';
import { storedJson } from '../../storage/row.ts';
import type { Settings } from '../../storage/settings.ts';
import type { Activity, Person, RoleActivities } from '../protocol.ts';

/** Name of the setting with the list. */
export const activitiesSetting = 'cis.activities';
const code = z.string().regex(/^B\d{4}$/, 'must be a business function: B0825');

/** An activity of an import. */
export const activityShape = z.strictObject({
  code,
  name: z.string().min(1, 'must not be empty').max(100, 'must have at most 100 characters'),
  includes: z.array(code).max(100, 'must have at most 100 entries').default([]),
});

/** The only inclusion in public sources. The national list has its own terms, so installations import it. */
const published: readonly Activity[] = [
  { code: 'B0820', name: 'View Patient Demographics', includes: [] },
  { code: 'B0825', name: 'Amend Patient Demographics', includes: ['B0820'] },
];

const storedActivities = z.array(activityShape);

/** The activities of an installation, and which ones they include. */
export class Activities {
  readonly #settings: Settings;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  async list(): Promise<Activity[]> {
    const stored = await this.#settings.get(activitiesSetting);
    return stored === undefined ? [...published] : storedJson(storedActivities, stored, activitiesSetting);
  }

  /** Returns the statement that replaces the whole list. */
  replaceStatement(activities: readonly Activity[]): Statement {
    return this.#settings.setStatement(activitiesSetting, JSON.stringify(activities));
  }
}

/** Returns the activities of a person in each role, with all included activities. Each has the activity that includes it. */
export function expandActivities(person: Person, activities: readonly Activity[]): RoleActivities[] {
  const known = new Map(activities.map((activity) => [activity.code, activity]));
  return person.roles.map(({ roleId, activities: own }) => {
    const found = new Map(
      own.map(({ code, name }) => [code, { code, name, includedBy: null as string | null }]),
    );
    // The loop also visits activities that it adds. It adds each once, so cycles end.
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
