import type { Clock } from '@alongside/kernel/clock';
import type { JourneyEvent } from '@alongside/kernel/events';
import { sha256 } from '@alongside/kernel/secrets';
import { marks } from '../storage/batches.ts';
import { type Database, type Statement, sql, type Value } from '../storage/database.ts';
import { isEvent, type StoredEvents } from '../storage/events.ts';
import { computed, integer, nullable, row, text } from '../storage/row.ts';
import { assemble, type Surroundings } from './assemble.ts';
import type { CapturedMessages } from './captured.ts';
import { patternRanks } from './delta.ts';
import { maxKept } from './findable.ts';
import { messageOf, type StoredMessage } from './line.ts';
import type {
  Journey,
  JourneyFilter,
  JourneyOutcome,
  JourneyReader,
  JourneySummary,
  Message,
  RefusalCounts,
  RefusalFilter,
} from './model.ts';
import type { Names } from './names.ts';
import type { JourneyRecorder } from './recorder.ts';
import { countRefusals } from './refusal-counts.ts';
import { refusedCondition, searchedWords } from './refusal-search.ts';

interface ReaderOptions {
  readonly clock: Clock;
  readonly database: Database;
  readonly events: StoredEvents;
  readonly recorder: Pick<JourneyRecorder, 'keep' | 'burstAt'>;
  readonly names: Names;
  readonly captured: CapturedMessages;
  readonly development: boolean;
}

const pageSize = 50;
/** The most lines of a journey that are read. */
const maxLines = 5_000;
/** Milliseconds without a message after which a waiting journey is abandoned. */
const abandonedAfter = 300_000;
const maxErrors = 1_000;
/** The most sign-outs that a search finds by an application that they reached after another; the filter finds all. */
const maxReached = 1_000;

const journeyRow = row('journey', {
  id: text,
  started_at: integer,
  ended_at: integer,
  pattern: integer,
  outcome: text,
  decided_at: integer,
  headline: text,
  waiting_for: nullable(text),
  person: nullable(text),
  application: nullable(text),
  role: nullable(text),
  level: nullable(text),
  session: nullable(text),
  messages: integer,
  wrong_pins: integer,
  failed: nullable(text),
  faults: text,
  clock_moved: integer,
});
type JourneyRow = ReturnType<typeof journeyRow.read>;
const journeyOfMessage = row('message', { journey: text });
const reachedRow = row('journey_reached', { application: text, journey: text });
const countRow = row('journey', { count: computed(integer) });
const columns = Object.keys(journeyRow.columns).join(', ');

/** The sign-outs that reached an application after another, in the order of an index. */
const reachedJourneys = `(SELECT ${Object.keys(journeyRow.columns)
  .filter((name) => name !== 'id' && name !== 'started_at')
  .map((name) => `journey.${name}`)
  .join(', ')}, found.journey AS id, found.started_at, found.application AS reached
  FROM journey_reached AS found JOIN journey ON journey.id = found.journey) AS reached_journey`;

const linkRow = row('journey', { id: text, pattern: integer, started_at: integer, headline: text });
const maxLinks = 50;
const whyLinked: Readonly<Record<string, Journey['links'][number]['why']>> = {
  desk: 'desk sign-in',
  'sign-out': 'sign-out',
};
/** Numbers of failed steps that are remembered. */
const maxSteps = 2_000;
/** Surroundings for the order of messages alone. */
const unnamed = {
  application: () => null,
  person: () => null,
  captured: () => undefined,
  notCaptured: () => '',
};

/** Returns the number of the failure that the headline of a journey states, the outer one of two; without one, of the first failure. */
function failedStepOf(messages: readonly Message[], headline: string): number | null {
  const failures = messages.filter(({ outcome }) => outcome === 'refused' || outcome === 'failed');
  const stated = failures.filter(({ refusal, words }) => (refusal?.headline ?? words) === headline);
  const last = stated.at(-1);
  return (stated.find(({ id }) => id === last?.parent) ?? last ?? failures[0])?.number ?? null;
}

const wrongPins = ['', ', after one wrong PIN', ', after two wrong PINs'];

type KnownNames = Pick<Surroundings, 'person'> & {
  application: (id: string) => { id: string; name: string };
  role: (row: JourneyRow) => string | null;
};

interface Condition {
  readonly text: string;
  readonly values: readonly Value[];
}

/** Selects the first page of journeys that meet all conditions, and one more. */
const newestOf = (selected: string, table: string, conditions: readonly Condition[]): Condition => ({
  text: `SELECT ${selected} FROM ${table} ${conditions.length === 0 ? '' : 'WHERE '}${conditions
    .map(({ text: one }) => one)
    .join(' AND ')} ORDER BY started_at DESC, id DESC LIMIT ${pageSize + 1}`,
  values: conditions.flatMap(({ values }) => values),
});

const newestFirst = (one: JourneyRow, other: JourneyRow): number =>
  other.started_at - one.started_at || (one.id < other.id ? 1 : -1);

/** The journeys in storage. */
export class StoredJourneys implements JourneyReader {
  readonly #options: ReaderOptions;
  readonly #steps = new Map<string, number | null>();

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  async list(filter: JourneyFilter = {}): Promise<{ journeys: JourneySummary[]; next: string | null }> {
    await this.#options.recorder.keep();
    const conditions = this.#conditionsOf(filter);
    const { q = '', application, outcome, person, pattern } = filter;
    const isFiltered = (application ?? outcome ?? person ?? pattern) !== undefined;
    const alternatives = q.trim() === '' ? undefined : await this.#search(q.trim(), isFiltered);
    const rows = await this.#newest(filter.application, conditions, alternatives);
    const page = rows.slice(0, pageSize);
    const last = rows.length > pageSize ? page.at(-1) : undefined;
    const reached = await this.#reachedBy(page);
    const applications = [...reached.values()].flat();
    const [names, steps] = await Promise.all([
      this.#namesOf(page, [], applications),
      this.#failedSteps(page),
    ]);
    return {
      journeys: page.map((each) => ({
        ...this.#summaryOf(each, names, reached.get(each.id)),
        failedStep: steps.get(each.id) ?? null,
      })),
      next: last ? `${last.started_at}.${last.id}` : null,
    };
  }

  /** Returns a page of journeys and one more; of an application also the sign-outs that reached it after another. */
  async #newest(
    application: string | undefined,
    conditions: readonly Condition[],
    alternatives: readonly Condition[] | undefined,
  ): Promise<JourneyRow[]> {
    if (application === undefined) return this.#newestIn('journey', conditions, alternatives);
    const values = [application];
    const found = await Promise.all([
      this.#newestIn('journey', [{ text: 'application = ?', values }, ...conditions], alternatives),
      this.#newestIn(reachedJourneys, [{ text: 'reached = ?', values }, ...conditions], alternatives),
    ]);
    return found
      .flat()
      .toSorted(newestFirst)
      .slice(0, pageSize + 1);
  }

  #newestIn(
    table: string,
    conditions: readonly Condition[],
    alternatives?: readonly Condition[],
  ): Promise<JourneyRow[]> {
    const parts = alternatives?.map((each) => newestOf('id', table, [each, ...conditions]));
    const found = parts && {
      text: `id IN (${parts.map(({ text: part }, n) => `SELECT id FROM (${part}) AS found${n}`).join(' UNION ALL ')})`,
      values: parts.flatMap(({ values }) => values),
    };
    const { text: query, values } = newestOf(columns, table, found ? [found] : conditions);
    return this.#options.database.all(sql(query, ...values), journeyRow);
  }

  /** Returns the applications that sign-outs reached, by journey. */
  async #reachedBy(rows: readonly JourneyRow[]): Promise<ReadonlyMap<string, string[]>> {
    const signOuts = rows.filter(({ pattern }) => patternRanks[pattern] === 'sign-out');
    if (signOuts.length === 0) return new Map();
    const reached = await this.#options.database.all(
      sql(
        `SELECT application, journey FROM journey_reached WHERE journey IN (${marks(signOuts.length)}) ORDER BY application`,
        ...signOuts.map(({ id }) => id),
      ),
      reachedRow,
    );
    const found = new Map<string, string[]>();
    for (const { application, journey } of reached)
      found.set(journey, [...(found.get(journey) ?? []), application]);
    return found;
  }

  async find(id: string): Promise<Journey | undefined> {
    const { database, recorder } = this.#options;
    await recorder.keep();
    const found = await database.get(sql(`SELECT ${columns} FROM journey WHERE id = ?`, id), journeyRow);
    if (!found) return undefined;
    const { stored, recorded, isTruncated } = await this.#linesOf(id);
    const people = stored.flatMap(({ person }) => person ?? []);
    const reached = (await this.#reachedBy([found])).get(id) ?? [];
    const applications = [...stored.flatMap(({ application }) => application ?? []), ...reached];
    const names = await this.#namesOf([found], people, applications);
    const captured = await this.#options.captured.ofJourney(id);
    const surroundings: Surroundings = {
      ...names,
      captured: (message) => captured.get(message),
      notCaptured: (at) => this.#notCaptured(at),
      now: this.#options.clock.now(),
    };
    const messages = assemble(stored, recorded, id, surroundings);
    return {
      ...this.#summaryOf(found, names, reached),
      failedStep: failedStepOf(messages, found.headline),
      count: messages.length,
      role: names.role(found) ?? found.role,
      level: found.level,
      links: await this.#linksOf(found),
      messages,
      isTruncated,
    };
  }

  /** Returns why nothing is kept of a message of this time. */
  #notCaptured(at: number): string {
    const { development, recorder } = this.#options;
    if (!development) return 'Requests and responses are captured in development only.';
    const burst = recorder.burstAt(at);
    return burst
      ? `${burst.dropped} messages of this burst were not kept: only the newest ${maxKept} of each second are.`
      : 'Nothing was captured for this message, or it was removed by age.';
  }

  async #linesOf(
    id: string,
  ): Promise<{ stored: StoredMessage[]; recorded: JourneyEvent[]; isTruncated: boolean }> {
    const { lines, isTruncated } = await this.#options.events.linesOf(id, maxLines);
    const stored = lines.flatMap((line) => (isEvent(line) ? [] : messageOf(line.message as StoredMessage)));
    return { stored, recorded: lines.filter(isEvent), isTruncated };
  }

  /** Returns the newest journeys of the same session. */
  async #linksOf({ id, session }: JourneyRow): Promise<Journey['links']> {
    if (session === null) return [];
    const rows = await this.#options.database.all(
      sql(
        `SELECT id, pattern, started_at, headline FROM journey WHERE session = ? AND id <> ? ORDER BY started_at DESC LIMIT ${maxLinks}`,
        session,
        id,
      ),
      linkRow,
    );
    return rows.map((other) => ({
      id: other.id,
      startedAt: new Date(other.started_at).toISOString(),
      headline: other.headline,
      why: whyLinked[patternRanks[other.pattern] ?? ''] ?? 'same session',
    }));
  }

  /** Returns the failed step of rows that have one. It is remembered while the journey has no more messages. */
  async #failedSteps(rows: readonly JourneyRow[]): Promise<ReadonlyMap<string, number | null>> {
    const steps = new Map<string, number | null>();
    for (const { id, failed, headline, messages } of rows) {
      if (failed === null) continue;
      const key = `${id} ${messages}`;
      let step = this.#steps.get(key);
      if (step === undefined) {
        const { stored, recorded } = await this.#linesOf(id);
        const assembled = assemble(stored, recorded, id, { ...unnamed, now: this.#options.clock.now() });
        step = failedStepOf(assembled, headline);
        if (this.#steps.size >= maxSteps) this.#steps.clear();
        this.#steps.set(key, step);
      }
      steps.set(id, step);
    }
    return steps;
  }

  async message(id: string): Promise<Message | undefined> {
    await this.#options.recorder.keep();
    const [journey] = await this.#journeysOf(
      sql('SELECT journey FROM message WHERE id = ?', id.replace(/\.(?:sent|forwarded)$/, '')),
    );
    if (journey === undefined) return undefined;
    return (await this.find(journey))?.messages.find((message) => message.id === id);
  }

  async errorsSince(from: string): Promise<number> {
    await this.#options.recorder.keep();
    const counted = await this.#options.database.get(
      sql(
        `SELECT COUNT(*) AS count FROM (SELECT id FROM journey WHERE outcome <> 'succeeded' AND outcome IN ('refused', 'failed') AND started_at >= ? LIMIT ${maxErrors}) AS errors`,
        Date.parse(from),
      ),
      countRow,
    );
    return counted?.count ?? 0;
  }

  async refusalCounts(filter: RefusalFilter): Promise<RefusalCounts> {
    await this.#options.recorder.keep();
    return countRefusals(this.#options.database, this.#options.clock.now(), filter);
  }

  async #journeysOf(statement: Statement): Promise<string[]> {
    return (await this.#options.database.all(statement, journeyOfMessage)).map(({ journey }) => journey);
  }

  /** Returns the conditions of a filter, its search aside. */
  #conditionsOf({ outcome, person, pattern, from, after }: JourneyFilter): Condition[] {
    const conditions: Condition[] = [];
    const add = (condition: string, ...values: Value[]) => conditions.push({ text: condition, values });
    if (outcome !== undefined) {
      const stored = outcome === 'abandoned' ? 'waiting' : outcome;
      // Literals, so that the partial indexes are used. Most journeys have the other values.
      add(stored === 'succeeded' ? 'outcome = ?' : "outcome <> 'succeeded' AND outcome = ?", stored);
      const limit = this.#options.clock.now() - abandonedAfter;
      const isGivenUp = '(decided_at > 0 AND waiting_for IS NULL)';
      if (outcome === 'abandoned') add(`(ended_at < ? OR ${isGivenUp})`, limit);
      if (outcome === 'waiting') add(`ended_at >= ? AND NOT ${isGivenUp}`, limit);
    }
    if (person !== undefined) add('person = ?', person);
    if (pattern !== undefined) {
      const rank = patternRanks.indexOf(pattern);
      add(rank > 0 ? 'pattern > 0 AND pattern = ?' : 'pattern = ?', rank);
    }
    if (from !== undefined) add('started_at >= ?', Date.parse(from));
    if (after !== undefined) {
      const [at = '', id = ''] = after.split(/\.(.*)/s);
      add('(started_at, id) < (?, ?)', Number(at) || 0, id);
    }
    return conditions;
  }

  /** Returns the conditions of which a searched journey meets one. Each is an entry of an index, so that the newest are read in its order. */
  async #search(q: string, isFiltered: boolean): Promise<Condition[]> {
    const hash = sha256(q);
    const journeys = await this.#journeysOf(
      sql(
        'SELECT journey FROM message WHERE id = ? OR request_hash = ? OR correlation_hash = ? LIMIT 50',
        q,
        hash,
        hash,
      ),
    );
    const words = searchedWords(q);
    const { people, applications } = await this.#options.names.beginningWith(q);
    const searched = [q, ...applications];
    const oneOf = (column: string, values: readonly string[]): Condition => ({
      text: `${column} IN (${marks(values.length)})`,
      values,
    });
    const each = (column: string, values: readonly string[]): Condition[] =>
      isFiltered ? [oneOf(column, values)] : values.map((value) => oneOf(column, [value]));
    return [
      oneOf('id', [q, ...journeys]),
      ...(words.length === 0 ? [] : [refusedCondition(words)]),
      oneOf('session', [hash]),
      ...each('person', [q, ...people]),
      ...each('application', searched),
      {
        text: `id IN (SELECT journey FROM journey_reached WHERE application IN (${marks(searched.length)}) ORDER BY started_at DESC LIMIT ${maxReached})`,
        values: searched,
      },
    ];
  }

  async #namesOf(
    rows: readonly JourneyRow[],
    people: readonly string[] = [],
    applications: readonly string[] = [],
  ): Promise<KnownNames> {
    const { names } = this.#options;
    const [named, called, roles] = await Promise.all([
      names.people([...rows.flatMap(({ person }) => person ?? []), ...people]),
      names.applications([...rows.flatMap(({ application }) => application ?? []), ...applications]),
      names.roles(rows),
    ]);
    return {
      person: (uid) => ({ uid, name: named.get(uid) ?? uid }),
      application: (id) => ({ id, name: called.get(id) ?? id }),
      role: ({ person, role }) => roles.get(`${person} ${role}`) ?? null,
    };
  }

  #outcomeOf({ outcome, ended_at, decided_at, waiting_for }: JourneyRow): JourneyOutcome {
    if (outcome !== 'waiting') return outcome as JourneyOutcome;
    if (decided_at > 0 && waiting_for === null) return 'abandoned';
    return ended_at < this.#options.clock.now() - abandonedAfter ? 'abandoned' : 'waiting';
  }

  #headlineOf(found: JourneyRow, names: KnownNames): string {
    const role = patternRanks[found.pattern] === 'desk' ? names.role(found) : null;
    return found.headline === 'Signed in' && role
      ? `Signed in as ${role.split(' at ', 1)[0]}`
      : found.headline;
  }

  #summaryOf(found: JourneyRow, names: KnownNames, reached: readonly string[] = []): JourneySummary {
    const outcome = this.#outcomeOf(found);
    const after =
      outcome === 'succeeded'
        ? (wrongPins[found.wrong_pins] ?? `, after ${found.wrong_pins} wrong PINs`)
        : '';
    return {
      id: found.id,
      startedAt: new Date(found.started_at).toISOString(),
      durationMs: found.ended_at - found.started_at,
      pattern: patternRanks[found.pattern] ?? 'application',
      outcome,
      person: found.person === null ? null : names.person(found.person),
      application: found.application === null ? null : names.application(found.application),
      otherApplications: reached.filter((id) => id !== found.application).map(names.application),
      headline: `${this.#headlineOf(found, names)}${after}`,
      waitingFor: outcome === 'waiting' || outcome === 'abandoned' ? found.waiting_for : null,
      failedStep: null,
      count: found.messages,
      isClockMoved: found.clock_moved > 0,
      faults: [...new Set(found.faults.split(' ').filter(Boolean))],
    };
  }
}
