import { type Chunks, StreamAnswer } from '@alongside/kernel/answer';
import type { HttpRequest } from '@alongside/kernel/http';
import { errors } from '../../model/errors.ts';
import { eventStreamType } from './call.ts';

const maxStreams = 100;

/** Milliseconds between heartbeats. Pages call a stream dead after 10 s without one. */
export const heartbeat = 5_000;

/** Wakes its one waiter. */
export class Bell {
  #rung = false;
  #wake: (() => void) | undefined;

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** Waits for a ring since the last wait. Returns false on a time-out. */
  async wait(milliseconds: number): Promise<boolean> {
    if (!this.#rung) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, milliseconds);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    const rung = this.#rung;
    this.#rung = false;
    return rung;
  }
}

/** nginx holds back responses that do not refuse it. */
export const streamHeaders = {
  'content-type': eventStreamType,
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
};

/** Returns whether a client accepts server-sent events. */
export const wantsStream = ({ headers }: Pick<HttpRequest, 'headers'>): boolean =>
  (headers.accept ?? '')
    .split(',')
    .some((range) => range.split(';')[0]?.trim().toLowerCase() === eventStreamType);

/** Opens streams of server-sent events up to a limit. */
export class StreamLimit {
  #open = 0;

  open(chunks: Chunks): StreamAnswer {
    if (this.#open >= maxStreams) throw errors.tooManyStreams(`${this.#open} streams are open`);
    return new StreamAnswer(200, streamHeaders, (gone) => this.#counted(chunks, gone));
  }

  async *#counted(chunks: Chunks, gone: AbortSignal): AsyncGenerator<string | Uint8Array> {
    this.#open += 1;
    try {
      yield* chunks(gone);
    } finally {
      this.#open -= 1;
    }
  }
}
