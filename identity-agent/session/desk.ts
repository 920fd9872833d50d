import type { Clock } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import type { Recorder } from '@alongside/kernel/events';
import type { Log } from '@alongside/kernel/log';
import type { AgentEndCause, Generation, PinState, SessionMode } from '../../src/cis/protocol.ts';
import type { CardOffice } from '../card/card-issue.ts';
import { Mutex } from '../card/mutex.ts';
import type { CisClient } from './cis-client.ts';
import type { DeskCard } from './desk-card.ts';
import { Endings } from './endings.ts';
import { AgentArrows, type AgentNotices, type NoticeListener, type NoticeName } from './events.ts';
import type { LiveSession, LockReason } from './live-session.ts';
import { type Behaviour, behaviourOf, type Timers } from './modes.ts';
import { Schedule } from './schedule.ts';

export interface DeskParts {
  cis: CisClient;
  clock: Clock;
  log: Log;
  recorder: Recorder;
  /** Thumbprint of the agent's own key. */
  agentId: string;
  generation: Generation;
  mode: SessionMode;
  timers: Timers;
  requireRole: boolean;
  /** Whether tickets are those of CIS's legacy interface. */
  legacyTickets: boolean;
  /** Announces the agent to CIS with its current session. Never rejects. */
  announce(sessionId: string | null): Promise<void>;
}

/**
 * The state of the workstation: the card in the reader, the session at CIS, and requests for a PIN. All changes are made here, so
 * that watchers see each of them.
 */
export class Desk {
  readonly parts: DeskParts;
  readonly behaviour: Behaviour;
  readonly arrows: AgentArrows;
  readonly endings: Endings;
  /** The session's timers. */
  readonly schedule: Schedule;
  /** Allows one card transaction and one submission at a time. */
  readonly mutex = new Mutex();
  card: DeskCard | undefined;
  /** Renews the card in the reader. */
  office: CardOffice | undefined;
  session: LiveSession | undefined;
  /** Whether a PIN was requested that the card alone does not require. */
  asked = false;
  /** The applications that requested it: names by keys. */
  readonly askedFor = new Map<string, string>();
  /** Whether the screen of the workstation is locked, as its watcher reported. */
  screenLocked = false;
  /** Whether the last PIN failed because CIS did not respond. */
  cisUnreachable = false;
  /** Number of accepted PINs. */
  pins = 0;
  readonly #listeners = new Set<NoticeListener>();
  readonly #watchers = new Set<() => void>();
  readonly #work = new Set<Promise<unknown>>();

  constructor(parts: DeskParts) {
    this.parts = parts;
    this.behaviour = behaviourOf(parts.generation, parts.mode);
    this.arrows = new AgentArrows(parts.recorder);
    this.endings = new Endings(parts.cis, parts.clock, parts.log);
    this.schedule = new Schedule(parts.clock);
  }

  /** Whether the card in the reader belongs to the session's user. */
  get ownCard(): boolean {
    return this.session !== undefined && this.session.uid === this.card?.uid;
  }

  /** Whether the PIN prompt is open. */
  get pinQuestion(): boolean {
    if (!this.card?.usable) return false;
    if (this.session && this.ownCard) {
      const { lock, awaitingRole } = this.session;
      return lock ? lock !== 'screen' || !this.screenLocked : this.asked && !awaitingRole;
    }
    return this.behaviour.asksOnInsertion || this.asked;
  }

  /** The open prompt. */
  get question(): 'pin' | 'role' | null {
    if (this.pinQuestion) return 'pin';
    return this.session?.awaitingRole && !this.session.lock ? 'role' : null;
  }

  /**
   * The session that can prove the user now: live, unlocked, with its role selected, and without another user's card in the
   * reader.
   */
  get vouching(): LiveSession | undefined {
    const { session } = this;
    if (!session || session.lock || session.awaitingRole) return undefined;
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

  /** Withdraws a requested PIN prompt. */
  unask(): void {
    this.asked = false;
    this.askedFor.clear();
  }

  /** Locks the session: it waits for the PIN, and ends after a while. */
  lock(reason: LockReason): void {
    const { session } = this;
    if (!session || session.lock) return;
    session.lock = reason;
    this.schedule.drop('pin');
    const cause = reason === 'card' ? 'cardRemoved' : 'signedOut';
    this.schedule.set('lock', this.parts.timers.lockedFor, () => this.end(cause));
    // CIS2 must not treat this workstation as signed in.
    this.track(this.parts.announce(null));
    this.tell('sessionLocked', { reason });
  }

  /** Unlocks the session after the PIN. In Mobility, the time until the next PIN starts now. */
  opened(session: LiveSession): void {
    const wasLocked = session.lock !== null;
    session.lock = null;
    this.schedule.drop('lock');
    if (this.behaviour.pinGrowsOld)
      this.schedule.set('pin', this.parts.timers.pinAgainAfter, () => this.lock('time'));
    if (!wasLocked) return;
    this.track(this.parts.announce(session.id));
    this.tell('sessionUnlocked', { uid: session.uid });
  }

  /** Ends the session here at once, and at CIS as soon as CIS responds. */
  end(cause: AgentEndCause): void {
    const { session } = this;
    if (!session) return;
    this.session = undefined;
    this.schedule.clear();
    this.track(this.endings.add(session, cause).then(() => this.parts.announce(this.session?.id ?? null)));
    this.tell('signedOut', { cause });
  }

  /** Handles a session that CIS has ended. */
  lost(session: LiveSession, why: string, cause = 'expired'): void {
    if (this.session !== session) return;
    this.session = undefined;
    this.schedule.clear();
    this.parts.log.info({ why }, 'the session is over');
    this.tell('signedOut', { cause });
  }

  /** Reports the state of a card's PIN to CIS. Nothing waits for it or depends on it. */
  reportPinState(card: DeskCard, pin: PinState): void {
    const told = this.parts.cis.pinState(card.label.serial, { ...card.held, pin }).catch((error: unknown) => {
      this.parts.log.info({ reason: reasonOf(error) }, 'CIS was not notified of the PIN state of a card');
    });
    this.track(told);
  }

  tell<N extends NoticeName>(name: N, params: AgentNotices[N]): void {
    for (const listener of this.#listeners) listener(name, params);
    this.changed();
  }

  changed(): void {
    for (const watcher of this.#watchers) watcher();
  }

  /** Runs work after all earlier exclusive work. */
  exclusive<T>(work: () => Promise<T>): Promise<T> {
    const result = this.mutex.run(work).finally(() => this.changed());
    this.track(result.catch(() => undefined));
    return result;
  }

  /** Tracks running work, which must not reject. */
  track(work: Promise<unknown>): void {
    const tracked = work.finally(() => this.#work.delete(tracked));
    this.#work.add(tracked);
  }

  /** Resolves when everything started so far has finished. */
  async settled(): Promise<void> {
    while (this.#work.size > 0) await Promise.all(this.#work);
  }
}

/**
 * Returns a session's ticket for desktop applications: a value that is only meaningful to this agent or, if enabled, the ticket
 * of CIS's legacy interface, requested once for each session. @throws CisRefusal, ServerCallError
 */
export async function ticketOf(desk: Desk, session: LiveSession): Promise<string> {
  if (!desk.parts.legacyTickets) return session.ticket;
  const asked = session.legacyTicket ?? desk.parts.cis.legacyTicket(session.id, session.key);
  session.legacyTicket = asked;
  asked.catch(() => {
    if (session.legacyTicket === asked) session.legacyTicket = undefined;
  });
  return asked;
}
