import type { Clock } from '@alongside/kernel/clock';
import { randomToken } from '@alongside/kernel/ids';
import { isFromFile, openedId } from '../../journeys/file.ts';
import type { Journey, JourneyReader, Message } from '../../journeys/model.ts';
import { type Database, sql } from '../../storage/database.ts';
import { SingleUse } from '../../storage/single-use.ts';
import { errors } from './errors.ts';

const kind = 'journey-file';
/** Milliseconds for which an opened file is kept. */
const lifetime = 86_400_000;
const maxOpened = 20;

/** The journeys of this installation, and those that were opened from files within a day, which no list or search contains. */
export class OpenedJourneys implements JourneyReader {
  readonly #journeys: JourneyReader;
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #files: SingleUse;

  constructor(journeys: JourneyReader, database: Database, clock: Clock) {
    this.#journeys = journeys;
    this.#database = database;
    this.#clock = clock;
    this.#files = new SingleUse(database, clock);
  }

  /** Keeps the journey of a file and returns its new id, which cannot be guessed. Throws `too_many_journey_files`. */
  async open(journey: Journey): Promise<string> {
    const open = sql(
      'SELECT COUNT(*) AS count FROM single_use WHERE kind = ? AND expires_at > ?',
      kind,
      this.#clock.now(),
    );
    const { count = 0 } = (await this.#database.get<{ count: number }>(open)) ?? {};
    if (Number(count) >= maxOpened) throw errors.journeyFilesMany(`${count} files are open`);
    const id = openedId(randomToken(16));
    const messages = journey.messages.map((message) => ({ ...message, journey: id }));
    await this.#files.keep(kind, id, { ...journey, id, messages, links: [] }, lifetime);
    return id;
  }

  find(id: string): Promise<Journey | undefined> {
    return isFromFile({ id }) ? this.#files.peek<Journey>(kind, id) : this.#journeys.find(id);
  }

  list: JourneyReader['list'] = (filter) => this.#journeys.list(filter);
  errorsSince: JourneyReader['errorsSince'] = (from) => this.#journeys.errorsSince(from);
  refusalCounts: JourneyReader['refusalCounts'] = (filter) => this.#journeys.refusalCounts(filter);
  message = (id: string): Promise<Message | undefined> => this.#journeys.message(id);
}
