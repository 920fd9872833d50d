import type { Database } from '../../storage/database.ts';
import { faultTurns } from '../../storage/faults.ts';

/** The subjects of a change, by which a page finds the parts to redraw. */
export const changes = [
  'journey',
  'desk',
  'session',
  'fault',
  'clock',
  'mail',
  'application',
  'person',
  'approval',
  'card',
  'key',
  'audit',
  'data',
] as const;
export type Change = (typeof changes)[number];

/** The subjects that an event of a journey may have changed. */
const ofEvents: readonly Change[] = ['journey', 'desk', 'session', 'mail', 'fault'];

/** The subjects of a successful write of the API, by the first part of its path. Other writes may have changed anything. */
const ofWrites: Readonly<Record<string, readonly Change[]>> = {
  agent: ['desk', 'session'],
  desk: ['desk', 'session', 'card'],
  tidy: ['desk', 'session', 'card', 'fault', 'clock', 'key'],
  readers: ['desk', 'session', 'card'],
  cards: ['desk', 'card', 'person'],
  'registration-authority': ['card', 'person'],
  people: ['person', 'card'],
  sessions: ['session', 'desk'],
  'desk-sessions': ['session', 'desk'],
  faults: ['fault'],
  clock: ['clock', 'session', 'key'],
  mail: ['mail'],
  applications: ['application'],
  products: ['application'],
  developers: ['application'],
  apis: ['application'],
  keys: ['key'],
  patients: ['data'],
  administrators: [],
  approvals: ['approval'],
  explain: [],
  validate: [],
};

/** Notifies open pages of changes in this process or another. */
export class Changes {
  readonly #listeners = new Set<(changed: readonly Change[]) => void>();
  #count = 0;

  /** The number of announcements so far, by which a page knows whether it missed one before it listened. */
  get count(): number {
    return this.#count;
  }

  announce(changed: readonly Change[]): void {
    if (changed.length === 0) return;
    this.#count += 1;
    for (const listener of this.#listeners) listener(changed);
  }

  /** Announces what a successful write at a path below that of the API has changed. */
  announceWrite(path: string): void {
    this.announce([...(ofWrites[path.split('/', 2)[1] ?? ''] ?? changes), 'audit']);
  }

  /** Calls the listener for each announcement. Returns a function that stops this. */
  listen(listener: (changed: readonly Change[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Announces changes by events, by faults that occurred, and by other processes. Returns a function that stops this. */
  follow(
    listenEvents: (listener: () => void) => () => void,
    database: Pick<Database, 'onForeignChange'>,
  ): () => void {
    const turned = () => this.announce(['fault']);
    faultTurns.subscribe(turned);
    const stops = [
      () => void faultTurns.unsubscribe(turned),
      listenEvents(() => this.announce(ofEvents)),
      database.onForeignChange(() => this.announce(changes)),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }
}
