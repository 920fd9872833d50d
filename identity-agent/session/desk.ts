import type { Clock } from '@alongside/kernel/clock';
import type { Recorder } from '@alongside/kernel/events';
import type { Log } from '@alongside/kernel/log';
import type { AgentEndCause, Generation, SessionMode } from '../../src/cis/protocol.ts';
import type { CardOffice } from '../card/card-issue.ts';
import { Mutex } from '../card/mutex.ts';
import type { CisClient } from './cis-client.ts';
import type { DeskCard } from './desk-card.ts';
import { Endings } from './endings.ts';
import { AgentArrows, type AgentNotices, type NoticeListener, type NoticeName } from './events.ts';
import type { AskingApplication, LiveSession, LockReason } from './live-session.ts';
import { type Behaviour, behaviourOf, type Timers } from './modes.ts';
import { Schedule } from './schedule.ts';
import type { SignatureQuestion } from './signature-question.ts';

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
 * that watchers see each of them; others read.
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
  #card: DeskCard | undefined;
  #office: CardOffice | undefined;
  #session: LiveSession | undefined;
  #signature: SignatureQuestion | undefined;
  /** Whether a PIN was requested that the card alone does not require. */
  #isAsked = false;
  /** The applications that requested it: names by keys. */
  readonly #askedFor = new Map<string, string>();
  /** Whether the screen of the workstation is locked, as its watcher reported. */
  #isScreenLocked = false;
  #isCisUnreachable = false;
  #pins = 0;
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

  get card(): DeskCard | undefined {
    return this.#card;
  }

  /** Renews the card in the reader. */
  get office(): CardOffice | undefined {
    return this.#office;
  }

  get session(): LiveSession | undefined {
    return this.#session;
  }

  /** The applications that requested a PIN: names by keys. */
  get askedFor(): ReadonlyMap<string, string> {
    return this.#askedFor;
  }

  /** Whether the last PIN failed because CIS did not respond, without a new attempt since. */
  get cisUnreachable(): boolean {
    return this.#isCisUnreachable;
  }

  /** Number of accepted PINs. */
  get pins(): number {
    return this.#pins;
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
      return lock ? lock !== 'screen' || !this.#isScreenLocked : this.#isAsked && !awaitingRole;
    }
    return this.behaviour.asksOnInsertion || this.#isAsked;
  }

  /** The open prompt of a sign-in. */
  get signInQuestion(): 'pin' | 'role' | null {
    if (this.pinQuestion) return 'pin';
    return this.session?.awaitingRole && !this.session.lock ? 'role' : null;
  }

  /** The open prompt. A page that waits for signatures precedes a sign-in. */
  get question(): 'pin' | 'role' | 'signature' | null {
    return this.#signature ? 'signature' : this.signInQuestion;
  }

  /** The question whether to sign documents. */
  get signature(): SignatureQuestion | undefined {
    return this.#signature;
  }

  askSignature(question: SignatureQuestion): void {
    this.#signature = question;
    this.changed();
  }

  endSignature(question: SignatureQuestion): void {
    if (this.#signature !== question) return;
    this.#signature = undefined;
    this.changed();
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

  /** Uses the office of a reader. */
  useOffice(office: CardOffice | undefined): void {
    this.#office = office;
  }

  /** Puts a card into the reader that was read and examined. */
  insertCard(card: DeskCard): void {
    this.#card = card;
    this.arrows.card('agent.card-inserted', card);
    if (this.pinQuestion) this.arrows.pinAsked('identity-agent', [card.insertion]);
    this.tell('cardInserted', { serial: card.label.serial });
  }

  /** Takes the card out of the reader. Its session ends, is locked or stays. */
  removeCard(): void {
    const { card, session } = this;
    if (!card) return;
    const itsSession = this.ownCard ? session : undefined;
    this.#card = undefined;
    this.#signature?.end('card_removed');
    this.#unask();
    this.arrows.card('agent.card-removed', card, itsSession ? [itsSession.id] : []);
    if (itsSession && this.behaviour.onRemoval === 'end') this.end('cardRemoved');
    if (itsSession && this.behaviour.onRemoval === 'lock') this.lock('card');
    this.tell('cardRemoved', { serial: card.label.serial });
  }

  /** Opens the PIN prompt for an application. */
  ask({ key, name }: AskingApplication): void {
    this.#isCisUnreachable = false;
    this.#askedFor.set(key, name);
    if (this.pinQuestion || this.#isAsked) return;
    this.#isAsked = true;
    this.changed();
  }

  /** Withdraws the prompt of `ask`. */
  withdraw(): void {
    if (!this.#isAsked) return;
    this.#unask();
    this.changed();
  }

  #unask(): void {
    this.#isAsked = false;
    this.#askedFor.clear();
  }

  /** Ends the session at the user's request. */
  signOut(): void {
    this.#signature?.end('declined');
    this.#unask();
    this.end('signedOut');
    this.changed();
  }

  /** Records whether CIS responded to the last PIN. */
  pinTried(isCisUnreachable: boolean): void {
    this.#isCisUnreachable = isCisUnreachable;
  }

  /** Counts an accepted PIN, which answers the prompt. Returns its number. */
  pinAccepted(): number {
    this.#pins += 1;
    this.#unask();
    return this.#pins;
  }

  /** Handles a locked or unlocked screen. */
  screen(isLocked: boolean): void {
    this.#isScreenLocked = isLocked;
    this.lockWithScreen();
    this.changed();
  }

  /** Locks the session if the screen is locked. */
  lockWithScreen(): void {
    if (this.#isScreenLocked && this.behaviour.locksWithScreen) this.lock('screen');
  }

  /** Begins a session. */
  begin(session: LiveSession): void {
    this.#session = session;
    this.opened(session);
  }

  /** Locks the session: it waits for the PIN, and ends after a while. */
  lock(reason: LockReason): void {
    if (!this.#session?.lockFor(reason)) return;
    this.schedule.drop('pin');
    const cause = reason === 'card' ? 'cardRemoved' : 'signedOut';
    this.schedule.set('lock', this.parts.timers.lockedFor, () => this.end(cause));
    // CIS2 must not treat this workstation as signed in.
    this.track(this.parts.announce(null));
    this.tell('sessionLocked', { reason });
  }

  /** Unlocks the session after the PIN. In Mobility, the time until the next PIN starts now. */
  opened(session: LiveSession): void {
    const wasLocked = session.unlock();
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
    this.#session = undefined;
    this.schedule.clear();
    this.track(this.endings.add(session, cause).then(() => this.parts.announce(this.session?.id ?? null)));
    this.tell('signedOut', { cause });
  }

  /** Handles a session that CIS has ended. */
  lost(session: LiveSession, why: string, cause = 'expired'): void {
    if (this.session !== session) return;
    this.#session = undefined;
    this.schedule.clear();
    this.parts.log.info({ why }, 'the session is over');
    this.tell('signedOut', { cause });
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
