import { reasonOf } from '@alongside/kernel/errors';
import type { Party } from '@alongside/kernel/events';
import type { AgentEndCause, CardSignature } from '../../src/cis/protocol.ts';
import { CardError } from '../card/card-error.ts';
import type { Reader } from '../card/transport.ts';
import type { AgentStatus } from '../protocol.ts';
import { type CardActResult, changePin, requestUnlockCode, unblockPin, unlockCard } from './card-acts.ts';
import type { CardOffice } from './card-office.ts';
import { isRenewalDue, type RenewalResult, renewCard } from './card-renewal.ts';
import { CisRefusal } from './cis-client.ts';
import { Desk, type DeskParts } from './desk.ts';
import type { CardLabel, DeskCard } from './desk-card.ts';
import { EndWatch } from './end-watch.ts';
import type { AgentNotices, Answerer, NoticeListener } from './events.ts';
import type { LiveSession } from './live-session.ts';
import { answerPin, type PinResult } from './pin-answer.ts';
import { watchReader } from './reader-watch.ts';
import { answerRole, type RoleResult } from './role-answer.ts';
import { statusOf } from './status.ts';
import { ticketOf } from './tickets.ts';

/**
 * The person at the desk: the card in the reader, the open question and the session at CIS. There is one question at a
 * time and one card transaction at a time; a card that leaves takes effect at once, whatever is under way.
 */
export class Agent {
  readonly #desk: Desk;
  readonly #ends: EndWatch;
  #unwatch: (() => void) | undefined;

  constructor(parts: DeskParts) {
    this.#desk = new Desk(parts);
    this.#ends = new EndWatch(this.#desk);
  }

  get id(): string {
    return this.#desk.parts.agentId;
  }

  get session(): LiveSession | undefined {
    return this.#desk.session;
  }

  /** The session that CIS is told of as being at this desk: one that is locked is not. */
  get namedSession(): string | null {
    const { session } = this.#desk;
    return session && !session.lock ? session.id : null;
  }

  get card(): DeskCard | undefined {
    return this.#desk.card;
  }

  /** How many PINs were accepted so far. */
  get pins(): number {
    return this.#desk.pins;
  }

  /** The last PIN came to nothing because CIS gave no answer, and nobody has asked since. */
  get cisUnreachable(): boolean {
    return this.#desk.cisUnreachable;
  }

  /** Whether the PIN question is open. */
  get pinQuestion(): boolean {
    return this.#desk.pinQuestion;
  }

  /** The question that is open. */
  get question(): 'pin' | 'role' | null {
    return this.#desk.question;
  }

  /** The applications that asked for the PIN, by the names that they gave. */
  get askedFor(): readonly string[] {
    return [...this.#desk.askedFor].filter((name) => name !== '');
  }

  /** Tells programs of the desk that a question waits at this page. */
  tellQuestion(notice: AgentNotices['questionOpened']): void {
    this.#desk.tell('questionOpened', notice);
  }

  /** The session that may vouch for the person at the desk now. */
  get vouching(): LiveSession | undefined {
    return this.#desk.vouching;
  }

  /** Whether the session goes on while its card is away. */
  get cardMayLeave(): boolean {
    return this.#desk.behaviour.onRemoval === 'keep';
  }

  status(): AgentStatus {
    return statusOf(this.#desk);
  }

  /** Tells of cards and sessions until the returned function is called. */
  onNotice(listener: NoticeListener): () => void {
    return this.#desk.onNotice(listener);
  }

  /** Calls back after anything changed, until the returned function is called. */
  onChange(watcher: () => void): () => void {
    return this.#desk.onChange(watcher);
  }

  /** Resolves when all that was set off so far has been carried out. */
  settled(): Promise<void> {
    return this.#desk.settled();
  }

  /** Watches a reader, and takes up the card that is in already. */
  attach(reader: Reader, label: () => CardLabel | undefined, office?: CardOffice): void {
    this.#unwatch?.();
    this.#desk.office = office;
    this.#unwatch = watchReader(this.#desk, reader, label);
  }

  /** Lets go of the reader and ends the session. */
  async stop(): Promise<void> {
    this.#unwatch?.();
    await this.settled();
    this.#ends.stop();
    this.#desk.end('agentStopped');
    await this.settled();
  }

  /** Opens the PIN question for an application, also in a live session (`getNewTicket`, `prompt=login`). */
  askForPin(application = ''): void {
    this.#desk.cisUnreachable = false;
    this.#desk.askedFor.add(application);
    if (this.pinQuestion || this.#desk.asked) return;
    this.#desk.asked = true;
    this.#desk.changed();
  }

  /** The ticket of a session for desktop applications. @throws CisRefusal, ServerCallError */
  ticketOf(session: LiveSession): Promise<string> {
    return ticketOf(this.#desk, session);
  }

  /** Whether the PIN was given for this application, where each application needs one. */
  isOpenFor(session: LiveSession, application = ''): boolean {
    return !this.#desk.behaviour.pinForEachApplication || session.opened.has(application);
  }

  /** Takes back what `askForPin` asked. */
  withdraw(): void {
    if (!this.#desk.asked) return;
    this.#desk.unask();
    this.#desk.changed();
  }

  /** Records that a page asks for the PIN. */
  pinShown(to: Party, keys: readonly string[]): void {
    this.#desk.arrows.pinAsked(to, keys);
  }

  /** Answers the PIN question. `insertion` names the card that was meant: another one spends no attempt. */
  answerPin(pin: string, by: Answerer, insertion = this.card?.insertion): Promise<PinResult> {
    return this.#desk.exclusive(async () =>
      insertion === this.card?.insertion
        ? answerPin(this.#desk, pin, by)
        : { ok: false, error: 'card_removed' },
    );
  }

  /** Does this while nobody signs in, and not at all once somebody has. Rejects as the work does. */
  beforeSignIn(work: () => Promise<void>): Promise<void> {
    return this.#desk.exclusive(async () => (this.pins === 0 ? work() : undefined));
  }

  /** Something outside changed the card in the reader: its attempts are counted again. */
  recount(): Promise<void> {
    return this.#desk.exclusive(async () => this.card?.recount().catch(() => undefined));
  }

  /** Changes the PIN of the card in the reader. */
  changePin(pin: string, newPin: string): Promise<CardActResult> {
    return this.#desk.exclusive(() => changePin(this.#desk, pin, newPin));
  }

  /** Sets a new PIN with the card's own unblocking code. */
  unblockPin(unblockingCode: string, newPin: string): Promise<CardActResult> {
    return this.#desk.exclusive(() => unblockPin(this.#desk, unblockingCode, newPin));
  }

  /** Has a code mailed to the holder of the card in the reader. */
  requestUnlockCode(): Promise<CardActResult> {
    return this.#desk.exclusive(() => requestUnlockCode(this.#desk));
  }

  /** Sets a new PIN with the mailed code. */
  unlockCard(code: string, newPin: string): Promise<CardActResult> {
    return this.#desk.exclusive(() => unlockCard(this.#desk, code, newPin));
  }

  /** Gives the card new keys and certificates, in the last 90 days of those that it has. */
  renewCard(): Promise<RenewalResult> {
    return this.#desk.exclusive(() => renewCard(this.#desk));
  }

  /** Whether the card in the reader can be renewed here, and it is time. */
  get renewalDue(): boolean {
    const { card, office, parts } = this.#desk;
    return card !== undefined && office !== undefined && isRenewalDue(card, parts.clock.now());
  }

  /** The person does not want to be asked about a renewal again in this session. */
  putOffRenewal(): void {
    if (this.#desk.session) this.#desk.session.renewalPutOff = true;
  }

  /** Answers the role question. */
  answerRole(roleId: string): Promise<RoleResult> {
    return this.#desk.exclusive(() => answerRole(this.#desk, roleId));
  }

  /** The screen of the workstation was locked or unlocked. */
  screen(locked: boolean): void {
    this.#desk.screenLocked = locked;
    if (locked && this.#desk.behaviour.locksWithScreen) this.#desk.lock('screen');
    this.#desk.changed();
  }

  /** Does what the session's timers have due. */
  runTimers(): void {
    this.#desk.schedule.run();
  }

  /** Ends the session; resolves when CIS was told or did not answer. */
  async signOut(cause: AgentEndCause = 'signedOut'): Promise<void> {
    this.#desk.unask();
    this.#desk.end(cause);
    this.#desk.changed();
    await this.settled();
  }

  /** Makes sure that CIS still knows the session when it was not asked for a heartbeat's time, or `always`. Never rejects. */
  async refresh(always = false): Promise<void> {
    this.runTimers();
    this.#ends.again();
    const { session, parts, card } = this.#desk;
    const now = parts.clock.now();
    if (!session || session.lock || (!card && !this.cardMayLeave)) return;
    const over = now >= session.endsAt;
    if (!always && !over && Math.abs(now - session.heartbeatAt) < session.heartbeatEvery) return;
    try {
      session.heard(now, (await parts.cis.heartbeat(session.id, session.key)).endsAt);
    } catch (error) {
      const gone = error instanceof CisRefusal && error.sessionIsOver;
      const cause = error instanceof CisRefusal ? error.endCause : undefined;
      if (gone || over) this.#desk.lost(session, reasonOf(error), cause);
      else parts.log.warn({ reason: reasonOf(error) }, 'a heartbeat was not taken');
    }
  }

  /** Tells CIS of the endings that it has not heard of. */
  retryEndings(): Promise<void> {
    return this.#desk.endings.retry();
  }

  /** The signature of the session's own card, null when no card is in. @throws CardError `pin_required` among others */
  signWithCard(session: LiveSession, message: Uint8Array): Promise<CardSignature | null> {
    return this.#desk.mutex.run(async () => {
      const { card } = this.#desk;
      if (!card) return null;
      if (card.uid !== session.uid) throw new CardError('card_removed', 'Another card is in the reader.');
      return card.sign(message);
    });
  }
}
