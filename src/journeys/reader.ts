import type { Clock } from '@alongside/kernel/clock';
import type { JourneyEvent } from '@alongside/kernel/events';
import { sha256 } from '@alongside/kernel/secrets';
import { type Database, type Statement, sql, type Value } from '../storage/database.ts';
import { isEvent, type StoredEvents } from '../storage/events.ts';
import { computed, integer, nullable, row, text } from '../storage/row.ts';
import { assemble, type Surroundings } from './assemble.ts';
import type { CapturedMessages } from './captured.ts';
import { patternRanks } from './delta.ts';
import type { StoredMessage } from './line.ts';
import type {
  Journey,
  JourneyFilter,
  JourneyOutcome,
  JourneyReader,
  JourneySummary,
  Message,
} from './model.ts';
import type { Names } from './names.ts';
import type { JourneyRecorder } from './recorder.ts';

interface ReaderOptions {
  readonly clock: Clock;
  readonly database: Database;
  readonly events: StoredEvents;
  readonly recorder: Pick<JourneyRecorder, 'keep'>;
  readonly names: Names;
  readonly captured: CapturedMessages;
  readonly development: boolean;
}

const pageSize = 50;
/** The most lines of a journey that are read. */
const mostLines = 5_000;
/** Milliseconds without a message after which a waiting journey is abandoned. */
const abandonedAfter = 300_000;
const mostRefused = 1_000;

const journeyRow = row('journey', {
  id: text,
  started_at: integer,
  ended_at: integer,
  pattern: integer,
  outcome: text,
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
const countRow = row('journey', { count: computed(integer) });
const columns = Object.keys(journeyRow.columns).join(', ');

const wrongPins = ['', ', after one wrong PIN', ', after two wrong PINs'];

interface Condition {
  readonly text: string;
  readonly values: readonly Value[];
}

/** The journeys in storage. */
export class StoredJourneys implements JourneyReader {
  readonly #options: ReaderOptions;

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  async list(filter: JourneyFilter = {}): Promise<{ journeys: JourneySummary[]; next: string | null }> {
    await this.#options.recorder.keep();
    const conditions = await this.#conditionsOf(filter);
    if (conditions === undefined) return { journeys: [], next: null };
    const where =
      conditions.length === 0 ? '' : `WHERE ${conditions.map(({ text: one }) => one).join(' AND ')}`;
    const rows = await this.#options.database.all(
      sql(
        `SELECT ${columns} FROM journey ${where} ORDER BY started_at DESC, id DESC LIMIT ${pageSize + 1}`,
        ...conditions.flatMap(({ values }) => values),
      ),
      journeyRow,
    );
    const page = rows.slice(0, pageSize);
    const last = rows.length > pageSize ? page.at(-1) : undefined;
    const names = await this.#namesOf(page);
    return {
      journeys: page.map((each) => this.#summaryOf(each, names)),
      next: last ? `${last.started_at}.${last.id}` : null,
    };
  }

  async find(id: string): Promise<Journey | undefined> {
    const { database, events, recorder } = this.#options;
    await recorder.keep();
    const found = await database.get(sql(`SELECT ${columns} FROM journey WHERE id = ?`, id), journeyRow);
    if (!found) return undefined;
    const { lines, isTruncated } = await events.linesOf(id, mostLines);
    const stored = lines.flatMap((line) => (isEvent(line) ? [] : (line.message as StoredMessage)));
    const recorded: JourneyEvent[] = lines.filter(isEvent);
    const people = stored.flatMap(({ person }) => person ?? []);
    const applications = stored.flatMap(({ application }) => application ?? []);
    const names = await this.#namesOf([found], people, applications);
    const captured = await this.#options.captured.ofJourney(id);
    const surroundings: Surroundings = {
      ...names,
      captured: (message) => captured.get(message),
      notCaptured: this.#options.development
        ? 'Nothing was captured for this message, or it was removed by age.'
        : 'Requests and responses are captured in development only.',
      now: this.#options.clock.now(),
    };
    const messages = assemble(stored, recorded, id, surroundings);
    const failed = messages.find(({ outcome }) => outcome === 'refused' || outcome === 'failed');
    return {
      ...this.#summaryOf(found, names),
      failedStep: failed?.number ?? null,
      count: messages.length,
      role: found.role,
      level: found.level,
      links: [],
      messages,
      isTruncated,
    };
  }

  async message(id: string): Promise<Message | undefined> {
    await this.#options.recorder.keep();
    const [journey] = await this.#journeysOf(
      sql('SELECT journey FROM message WHERE id = ?', id.replace(/\.sent$/, '')),
    );
    if (journey === undefined) return undefined;
    return (await this.find(journey))?.messages.find((message) => message.id === id);
  }

  async refusedSince(from: string): Promise<number> {
    await this.#options.recorder.keep();
    const counted = await this.#options.database.get(
      sql(
        `SELECT COUNT(*) AS count FROM (SELECT id FROM journey WHERE outcome = 'refused' AND started_at >= ? LIMIT ${mostRefused}) AS refused`,
        Date.parse(from),
      ),
      countRow,
    );
    return counted?.count ?? 0;
  }

  async #journeysOf(statement: Statement): Promise<string[]> {
    return (await this.#options.database.all(statement, journeyOfMessage)).map(({ journey }) => journey);
  }

  /** Returns the conditions of a filter; undefined if nothing can match. */
  async #conditionsOf(filter: JourneyFilter): Promise<Condition[] | undefined> {
    const { q, outcome, application, person, pattern, from, after } = filter;
    const conditions: Condition[] = [];
    const add = (condition: string, ...values: Value[]) => conditions.push({ text: condition, values });
    if (outcome !== undefined) {
      add('outcome = ?', outcome === 'abandoned' ? 'waiting' : outcome);
      const limit = this.#options.clock.now() - abandonedAfter;
      if (outcome === 'abandoned') add('ended_at < ?', limit);
      if (outcome === 'waiting') add('ended_at >= ?', limit);
    }
    if (application !== undefined) add('application = ?', application);
    if (person !== undefined) add('person = ?', person);
    if (pattern !== undefined) add('pattern = ?', patternRanks.indexOf(pattern));
    if (from !== undefined) add('started_at >= ?', Date.parse(from));
    if (after !== undefined) {
      const [at = '', id = ''] = after.split(/\.(.*)/s);
      add('(started_at, id) < (?, ?)', Number(at) || 0, id);
    }
    if (q !== undefined && q.trim() !== '') {
      const found = await this.#search(q.trim());
      if (!found) return undefined;
      conditions.push(found);
    }
    return conditions;
  }

  async #search(q: string): Promise<Condition | undefined> {
    const hash = sha256(q);
    const journeys = await this.#journeysOf(
      sql(
        'SELECT journey FROM message WHERE id = ? OR request_hash = ? OR correlation_hash = ? LIMIT 50',
        q,
        hash,
        hash,
      ),
    );
    const { people, applications } = await this.#options.names.beginningWith(q);
    const parts = (
      [
        ['id', [q, ...journeys]],
        ['session', [hash]],
        ['person', [q, ...people]],
        ['application', [q, ...applications]],
      ] as const
    ).map(([column, values]) => ({
      text: `${column} IN (${values.map(() => '?').join(', ')})`,
      values,
    }));
    return {
      text: `(${parts.map(({ text: one }) => one).join(' OR ')})`,
      values: parts.flatMap(({ values }) => values),
    };
  }

  async #namesOf(
    rows: readonly JourneyRow[],
    people: readonly string[] = [],
    applications: readonly string[] = [],
  ): Promise<Pick<Surroundings, 'person' | 'application'>> {
    const { names } = this.#options;
    const [named, called] = await Promise.all([
      names.people([...rows.flatMap(({ person }) => person ?? []), ...people]),
      names.applications([...rows.flatMap(({ application }) => application ?? []), ...applications]),
    ]);
    return {
      person: (uid) => ({ uid, name: named.get(uid) ?? uid }),
      application: (id) => ({ id, name: called.get(id) ?? id }),
    };
  }

  #outcomeOf({ outcome, ended_at }: JourneyRow): JourneyOutcome {
    if (outcome !== 'waiting') return outcome as JourneyOutcome;
    return ended_at < this.#options.clock.now() - abandonedAfter ? 'abandoned' : 'waiting';
  }

  #summaryOf(found: JourneyRow, names: Pick<Surroundings, 'person' | 'application'>): JourneySummary {
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
      headline: `${found.headline}${after}`,
      waitingFor: outcome === 'waiting' || outcome === 'abandoned' ? found.waiting_for : null,
      failedStep: null,
      count: found.messages,
      isClockMoved: found.clock_moved > 0,
      faults: [...new Set(found.faults.split(' ').filter(Boolean))],
    };
  }
}
