import { reasonOf } from '@alongside/kernel/errors';
import type { Log } from '@alongside/kernel/log';
import type { Database } from '../storage/database.ts';
import { sql } from '../storage/database.ts';
import { nullable, row, text } from '../storage/row.ts';

interface NameOptions {
  readonly database: Database;
  readonly log: Log;
  /** Returns the name of a person; undefined if unknown. */
  readonly personName: (uid: string) => Promise<string | undefined>;
  readonly roleName: (uid: string, roleId: string) => Promise<string | undefined>;
  readonly applicationName: (id: string) => Promise<string | undefined>;
}

/** The most people or applications of journeys whose names are compared with a search. */
const mostCompared = 500;
/** Milliseconds for which a name is remembered. */
const remembered = 10_000;

const personRow = row('journey', { person: nullable(text) });
const applicationRow = row('journey', { application: nullable(text) });

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

  /** Returns the people and applications of journeys with a word that begins with this text. */
  async beginningWith(start: string): Promise<{ people: string[]; applications: string[] }> {
    const { database } = this.#options;
    const wanted = start.toLowerCase();
    const matches = (names: ReadonlyMap<string, string>) =>
      [...names]
        .filter(([, name]) => ` ${name.toLowerCase()}`.includes(` ${wanted}`))
        .map(([id]) => id)
        .slice(0, 100);
    const [people, applications] = await Promise.all([
      database.all(
        sql(`SELECT DISTINCT person FROM journey WHERE person IS NOT NULL LIMIT ${mostCompared}`),
        personRow,
      ),
      database.all(
        sql(
          `SELECT DISTINCT application FROM journey WHERE application IS NOT NULL
           UNION SELECT DISTINCT application FROM journey_reached LIMIT ${mostCompared}`,
        ),
        applicationRow,
      ),
    ]);
    return {
      people: matches(await this.people(people.flatMap(({ person }) => person ?? []))),
      applications: matches(
        await this.applications(applications.flatMap(({ application }) => application ?? [])),
      ),
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
          known = { name: await this.#look(look, id), until: now + remembered };
          if (this.#known.size > mostCompared * 4) this.#known.clear();
          this.#known.set(key, known);
        }
        if (known.name !== undefined) names.set(id, known.name);
      }),
    );
    return names;
  }

  async #look(look: (id: string) => Promise<string | undefined>, id: string): Promise<string | undefined> {
    try {
      return await look(id);
    } catch (error) {
      this.#options.log.warn({ reason: reasonOf(error) }, 'a name of a journey could not be read');
      return undefined;
    }
  }
}
