import type { Clock } from '@alongside/kernel/clock';
import type { Recorder } from '@alongside/kernel/events';
import type { Log } from '@alongside/kernel/log';
import type { AgentEndCause, Generation, SessionMode } from '../../src/cis/protocol.ts';
import { Mutex } from '../card/mutex.ts';
import type { CisClient } from './cis-client.ts';
import type { DeskCard } from './desk-card.ts';
import { Endings } from './endings.ts';
import { AgentArrows, type AgentNotices, type NoticeListener, type NoticeName } from './events.ts';
import type { LiveSession } from './live-session.ts';
import { type Behaviour, behaviourOf } from './modes.ts';

export interface DeskParts {
  cis: CisClient;
  clock: Clock;
  log: Log;
  recorder: Recorder;
  /** Thumbprint of the agent's own key. */
  agentId: string;
  generation: Generation;
  mode: SessionMode;
  requireRole: boolean;
  /** Tells CIS that the agent is there, with the session that it has now. Never rejects. */
  announce(sessionId: string | null): Promise<void>;
}

/**
 * What stands on the desk: the card in the reader, the session at CIS, and whether somebody asked for a PIN. All changes
 * go through here, so that those who watch see every one.
 */
export class Desk {
  readonly parts: DeskParts;
  readonly behaviour: Behaviour;
  readonly arrows: AgentArrows;
  readonly endings: Endings;
  /** One card transaction and one answer at a time. */
  readonly mutex = new Mutex();
  card: DeskCard | undefined;
  session: LiveSession | undefined;
  /** Somebody asked for a PIN that the card alone does not ask for. */
  asked = false;
  /** The last PIN came to nothing because CIS gave no answer. */
  cisUnreachable = false;
  /** How many PINs were accepted so far. */
  pins = 0;
  readonly #listeners = new Set<NoticeListener>();
  readonly #watchers = new Set<() => void>();
  readonly #work = new Set<Promise<unknown>>();

  constructor(parts: DeskParts) {
    this.parts = parts;
    this.behaviour = behaviourOf(parts.generation, parts.mode);
    this.arrows = new AgentArrows(parts.recorder);
    this.endings = new Endings(parts.cis, parts.clock, parts.log);
  }

  /** The card in the reader is the one of the session's person. */
  get ownCard(): boolean {
    return this.session !== undefined && this.session.uid === this.card?.uid;
  }

  /** Whether the PIN question is open. */
  get pinQuestion(): boolean {
    if (!this.card?.usable) return false;
    if (this.session && this.ownCard)
      return this.session.locked || (this.asked && !this.session.awaitingRole);
    return this.behaviour.asksOnInsertion || this.asked;
  }

  /**
   * The session that may vouch for the person at the desk now: live, unlocked, with its role settled, and without
   * another person's card in the reader.
   */
  get vouching(): LiveSession | undefined {
    const { session } = this;
    if (!session || session.locked || session.awaitingRole) return undefined;
    return this.card && !this.ownCard ? undefined : session;
  }

  onNotice(listener: NoticeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  onChange(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** Ends the session here at once, and at CIS as soon as it can be told. */
  end(cause: AgentEndCause): void {
    const { session } = this;
    if (!session) return;
    this.session = undefined;
    this.track(this.endings.add(session, cause).then(() => this.parts.announce(this.session?.id ?? null)));
    this.tell('signedOut', { cause });
  }

  /** CIS no longer has the session. */
  lost(session: LiveSession, why: string): void {
    if (this.session !== session) return;
    this.session = undefined;
    this.parts.log.info({ why }, 'the session is over');
    this.tell('signedOut', { cause: 'expired' });
  }

  tell<N extends NoticeName>(name: N, params: AgentNotices[N]): void {
    for (const listener of this.#listeners) listener(name, params);
    this.changed();
  }

  changed(): void {
    for (const watcher of this.#watchers) watcher();
  }

  /** Carries out work after all earlier work at the desk. */
  exclusive<T>(work: () => Promise<T>): Promise<T> {
    const result = this.mutex.run(work).finally(() => this.changed());
    this.track(result.catch(() => undefined));
    return result;
  }

  /** Counts work as under way; it must not reject. */
  track(work: Promise<unknown>): void {
    const tracked = work.finally(() => this.#work.delete(tracked));
    this.#work.add(tracked);
  }

  /** Resolves when all that was set off so far has been carried out. */
  async settled(): Promise<void> {
    while (this.#work.size > 0) await Promise.all(this.#work);
  }
}
