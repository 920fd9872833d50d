import { reasonOf } from '@alongside/kernel/errors';
import type { Log } from '@alongside/kernel/log';
import type { Database, Statement } from '../storage/database.ts';
import { sql } from '../storage/database.ts';
import { computed, row, text } from '../storage/row.ts';

interface NameOptions {
  readonly database: Database;
  readonly log: Log;
  /** Returns the name of a person; undefined if unknown. */
  readonly personName: (uid: string) => Promise<string | undefined>;
  readonly roleName: (uid: string, roleId: string) => Promise<string | undefined>;
  readonly applicationName: (id: string) => Promise<string | undefined>;
  /** Returns the first people of the directory with a name that begins so, by uid. */
  readonly findPeople?: (q: string) => Promise<readonly string[]>;
}

/** The most people or applications of journeys whose names are compared with a search. */
const maxCompared = 500;
/** Milliseconds for which a name is remembered. */
const remembered = 10_000;

const distinctRow = row('journey', { value: computed(text) });

/** Steps through the values of an indexed column: SELECT DISTINCT would read every entry of the index. */
const distinctStatement = (table: string, column: string): Statement =>
  sql(
    `WITH RECURSIVE found(value) AS (
       SELECT MIN(${column}) FROM ${table} WHERE ${column} IS NOT NULL
       UNION ALL SELECT (SELECT MIN(${column}) FROM ${table} WHERE ${column} > found.value) FROM found WHERE found.value IS NOT NULL
     ) SELECT value FROM found WHERE value IS NOT NULL LIMIT ${maxCompared}`,
  );

/** Names by id, looked up when journeys are read, so that none is stored with them. */
export class Names {
  readonly #options: NameOptions;
  readonly #known = new Map<string, { name: string | undefined; until: number }>();

  constructor(options: NameOptions) {
    this.#options = options;
  }

  people(uids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    return this.#named('person', uids, this.#options.personName);
  }

  applications(ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    return this.#named('application', ids, this.#options.applicationName);
  }

  /** Returns the names of roles by uid and role id, with a space between. */
  roles(
    held: readonly { person: string | null; role: string | null }[],
  ): Promise<ReadonlyMap<string, string>> {
    const keys = held.flatMap(({ person, role }) => (person && role ? `${person} ${role}` : []));
    return this.#named('role', keys, (key) =>
      this.#options.roleName(...(key.split(' ', 2) as [string, string])),
    );
  }

  /**
   * Returns the people and applications with a word that begins with this text: of the first of journeys by id, so that all of a small
   * installation are found, and of the first people that the directory finds.
   */
  async beginningWith(start: string): Promise<{ people: string[]; applications: string[] }> {
    const { database } = this.#options;
    const wanted = start.toLowerCase();
    const matches = (names: ReadonlyMap<string, string>) =>
      [...names]
        .filter(([, name]) => ` ${name.toLowerCase()}`.includes(` ${wanted}`))
        .map(([id]) => id)
        .slice(0, 100);
    const distinct = async (table: string, column: string) =>
      (await database.all(distinctStatement(table, column), distinctRow)).map(({ value }) => value);
    const [people, applications, reached, found = []] = await Promise.all([
      distinct('journey', 'person'),
      distinct('journey', 'application'),
      distinct('journey_reached', 'application'),
      this.#attempt(async () => this.#options.findPeople?.(start)),
    ]);
    return {
      people: [...new Set([...matches(await this.people(people)), ...found])],
      applications: matches(await this.applications([...applications, ...reached])),
    };
  }

  async #named(
    kind: string,
    ids: readonly string[],
    look: (id: string) => Promise<string | undefined>,
  ): Promise<ReadonlyMap<string, string>> {
    const names = new Map<string, string>();
    const now = performance.now();
    await Promise.all(
      [...new Set(ids)].map(async (id) => {
        const key = `${kind} ${id}`;
        let known = this.#known.get(key);
        if (!known || known.until < now) {
          known = { name: await this.#attempt(() => look(id)), until: now + remembered };
          if (this.#known.size > maxCompared * 4) this.#known.clear();
          this.#known.set(key, known);
        }
        if (known.name !== undefined) names.set(id, known.name);
      }),
    );
    return names;
  }

  async #attempt<T>(look: () => Promise<T | undefined>): Promise<T | undefined> {
    try {
      return await look();
    } catch (error) {
      this.#options.log.warn({ reason: reasonOf(error) }, 'a name of a journey could not be read');
      return undefined;
    }
  }
}
