import { reasonOf } from '@alongside/kernel/errors';
import { OperatorError } from '@alongside/kernel/operator';
import { isDue } from '@alongside/kernel/retry';
import type { Reader } from './card/transport.ts';
import { type TransportOptions, transports } from './card/transports.ts';

/** Milliseconds after which a reader that could not be opened is tried again. */
const pause = 10_000;

interface ReaderPortOptions extends TransportOptions {
  /** Called once, with the reader. */
  opened(reader: Reader): void;
}

/**
 * Opens the reader. A card service may start after the agent, for example at boot: until then the agent runs without a reader,
 * reports this in its status, and tries again.
 */
export class ReaderPort {
  reader: Reader | undefined;
  #problem: string | null = null;
  readonly #transport: (typeof transports)[number];
  readonly #parts: ReaderPortOptions;
  #next = 0;
  #opening: Promise<void> | undefined;
  #closed = false;

  /** @throws OperatorError for an unknown transport */
  constructor(id: string, parts: ReaderPortOptions) {
    const transport = transports.find((each) => each.id === id);
    if (!transport)
      throw new OperatorError(
        `There is no reader "${id.slice(0, 60)}". The readers are: ${transports.map((each) => each.id).join(', ')}.`,
      );
    this.#transport = transport;
    this.#parts = parts;
  }

  /** The reason for the missing reader or card, as one sentence. */
  get problem(): string | null {
    return this.#problem ?? this.reader?.problem ?? null;
  }

  /** Opens the reader if there is none and the pause is over. Never rejects. */
  open(): Promise<void> {
    const due = isDue(this.#next, this.#parts.clock.now(), pause);
    if (this.reader || this.#closed || !due) return Promise.resolve();
    this.#opening ??= this.#try().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#opening;
    await this.reader?.close();
  }

  async #try(): Promise<void> {
    const { clock, log, opened } = this.#parts;
    this.#next = clock.now() + pause;
    try {
      this.reader = await this.#transport.open(this.#parts);
      this.#problem = null;
      opened(this.reader);
    } catch (error) {
      const problem = reasonOf(error);
      if (problem !== this.#problem)
        log.warn({ reader: this.#transport.id, reason: problem }, 'there is no reader');
      this.#problem = problem;
    }
  }
}
