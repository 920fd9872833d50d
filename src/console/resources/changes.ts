import type { StreamAnswer } from '@alongside/kernel/answer';
import { everyRole } from '../administrators/roles.ts';
import { defineCall } from '../api/call.ts';
import { Bell, StreamLimit } from '../api/streams.ts';
import type { Change, Changes } from '../changes.ts';
import type { Resource } from './resource.ts';

/** Milliseconds between comments that keep the connection open, and for which changes are gathered. */
const heartbeat = 15_000;
const gather = 100;

/** Yields the names of what has changed as server-sent events (HTML Living Standard section 9.2), gathered and without repetition. */
export async function* changeStream(
  changes: Changes,
  gone: AbortSignal,
  beat = heartbeat,
): AsyncGenerator<string> {
  const bell = new Bell();
  const changed = new Set<Change>();
  const unlisten = changes.listen((some) => {
    for (const change of some) changed.add(change);
    bell.ring();
  });
  const ring = () => bell.ring();
  gone.addEventListener('abort', ring);
  try {
    yield `retry: 2000\nevent: count\ndata: ${changes.count}\n\n`;
    while (!gone.aborted) {
      if (!(await bell.wait(beat))) yield ': still here\n\n';
      if (changed.size === 0 || gone.aborted) continue;
      await new Promise<void>((resolve) => setTimeout(resolve, gather));
      yield `data: ${JSON.stringify([...changed])}\n\n`;
      changed.clear();
    }
  } finally {
    unlisten();
    gone.removeEventListener('abort', ring);
  }
}

/** `GET /changes`: tells open pages what to fetch again. */
export const changes: Resource = {
  calls({ changes }) {
    const streams = new StreamLimit();
    return [
      defineCall('GET', '/changes', {
        summary:
          'Sends the names of what has changed, as server-sent events: journey, desk, session, fault, clock, mail, application, person, card, key, audit, data',
        media: ['text/event-stream'],
        answers: { 200: 'A stream', 503: 'Too many streams are open' },
        roles: everyRole,
        handle: async () => streams.open((gone) => changeStream(changes, gone)) satisfies StreamAnswer,
      }),
    ];
  },
};
