import type { Clock } from '@alongside/kernel/clock';
import type { RefusalRecord, RefusalRecorder } from '@alongside/kernel/refusals';

/** Refusals that an agent without storage keeps. */
const most = 200;

type Kept = RefusalRecord & { at: string };

/** The newest refusals of an agent that runs alone, in memory. */
export class RecentRefusals implements RefusalRecorder {
  readonly #clock: Clock;
  readonly #kept: Kept[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  record(record: RefusalRecord): void {
    this.#kept.unshift({ ...record, at: new Date(this.#clock.now()).toISOString() });
    this.#kept.length = Math.min(this.#kept.length, most);
  }

  /** Returns the newest one with this message id, request id or correlation id. */
  find(id: string): Kept | undefined {
    return this.#kept.find((one) => [one.messageId, one.requestId, one.correlationId].includes(id));
  }
}
