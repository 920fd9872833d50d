import type { Clock } from '@alongside/kernel/clock';
import type {
  Journey,
  JourneyFilter,
  JourneyReader,
  JourneySummary,
  Message,
  RefusalCounts,
  RefusalFilter,
} from '../../../journeys/model.ts';
import type { AuditLog } from '../../../storage/audit.ts';
import { errors } from '../errors.ts';
import type { Caller } from './admission.ts';

/** Milliseconds within which the same caller opens the same journey again without another record: pages refresh themselves. */
const once = 600_000;
const maxOpened = 10_000;

const withoutPerson = <T extends JourneySummary>(journey: T): T => ({
  ...journey,
  person: null,
  waitingFor: null,
});

/** Events and values of a message may name people too. */
const messageWithoutPerson = (message: Message): Message => ({
  ...message,
  person: null,
  events: [],
  request: null,
  response: null,
  refusal: message.refusal && { ...message.refusal, received: null, expected: null },
});

/**
 * The journeys that the caller may see: all of them for administrators and support, without people for `read`, none for the registration
 * authority. In production each opening of a person's journeys is an audit record.
 */
export class AdmittedJourneys implements JourneyReader {
  readonly #journeys: JourneyReader;
  readonly #audit: AuditLog;
  readonly #clock: Clock;
  readonly #caller: () => Caller | undefined;
  readonly #opened = new Map<string, number>();

  constructor(journeys: JourneyReader, audit: AuditLog, clock: Clock, caller: () => Caller | undefined) {
    this.#journeys = journeys;
    this.#audit = audit;
    this.#clock = clock;
    this.#caller = caller;
  }

  async list(filter: JourneyFilter = {}): Promise<{ journeys: JourneySummary[]; next: string | null }> {
    const role = this.#caller()?.role;
    if (role === 'registration-authority') return { journeys: [], next: null };
    if (role !== 'read') {
      if (filter.person) await this.#record(`person ${filter.person}`, filter.person);
      return this.#journeys.list(filter);
    }
    if (filter.person || filter.q)
      throw errors.roleForbidden('the role read cannot search journeys by person or text');
    const { journeys, next } = await this.#journeys.list(filter);
    return { journeys: journeys.map(withoutPerson), next };
  }

  async find(id: string): Promise<Journey | undefined> {
    const journey = await this.#journeys.find(id);
    const role = this.#caller()?.role;
    if (!journey || role === 'registration-authority') return undefined;
    if (role === 'read')
      return {
        ...withoutPerson(journey),
        role: null,
        messages: journey.messages.map(messageWithoutPerson),
      };
    if (journey.person) await this.#record(id, journey.person.uid);
    return journey;
  }

  async message(id: string): Promise<Message | undefined> {
    const message = await this.#journeys.message(id);
    const role = this.#caller()?.role;
    if (!message || role === 'registration-authority') return undefined;
    if (role === 'read') return messageWithoutPerson(message);
    if (message.person) await this.#record(message.journey, message.person.uid);
    return message;
  }

  async errorsSince(from: string): Promise<number> {
    return this.#caller()?.role === 'registration-authority' ? 0 : this.#journeys.errorsSince(from);
  }

  async refusalCounts(filter: RefusalFilter): Promise<RefusalCounts> {
    const counts = await this.#journeys.refusalCounts(filter);
    return this.#caller()?.role === 'registration-authority' ? { ...counts, counted: [] } : counts;
  }

  async #record(target: string, uid: string): Promise<void> {
    const caller = this.#caller();
    if (!caller) return;
    const key = JSON.stringify([caller.actor, target]);
    const now = this.#clock.now();
    if ((this.#opened.get(key) ?? -once) > now - once) return;
    await this.#audit.recordAlone({
      actor: caller.actor,
      action: 'journey.opened',
      outcome: 'ok',
      target: target.slice(0, 300),
      detail: { uid: uid.slice(0, 64) },
    });
    if (this.#opened.size >= maxOpened) this.#opened.clear();
    this.#opened.set(key, now);
  }
}
