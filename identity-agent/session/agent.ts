import { reasonOf } from '@alongside/kernel/errors';
import type { Party } from '@alongside/kernel/events';
import type { CardSignature } from '../../src/cis/protocol.ts';
import { CardError } from '../card/card-client.ts';
import type { CardOffice } from '../card/card-issue.ts';
import type { Reader } from '../card/transport.ts';
import type { AgentStatus } from '../protocol.ts';
import { type CardActResult, changePin, requestUnlockCode, unblockPin, unlockCard } from './card-acts.ts';
import { isRenewalDue, type RenewalResult, renewCard } from './card-renewal.ts';
import { CisRefusal } from './cis-client.ts';
import { Desk, type DeskParts } from './desk.ts';
import type { CardLabel, DeskCard } from './desk-card.ts';
import { EndWatch } from './end-watch.ts';
import type { AgentNotices, Answerer, NoticeListener } from './events.ts';
import { type AskingApplication, type LiveSession, unnamedApplication } from './live-session.ts';
import { answerPin, answerRole, type PinResult, type RoleResult } from './prompt-answers.ts';
import { watchReader } from './reader-watch.ts';
import { answerSignature, requestSignature, type SigningResult } from './signature.ts';
import type { DocumentsToSign, SignatureQuestion, SignatureResult } from './signature-question.ts';
import { statusOf } from './status.ts';

/**
 * The state of the workstation: the card in the reader, the open prompt and the session at CIS. There is at most one prompt and
 * one card transaction at a time. The removal of a card takes effect at once.
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

  /** The session that CIS should know of; none while it is locked. */
  get namedSession(): string | null {
    const { session } = this.#desk;
    return session && !session.lock ? session.id : null;
  }

  get card(): DeskCard | undefined {
    return this.#desk.card;
  }

  /** Number of accepted PINs. */
  get pins(): number {
    return this.#desk.pins;
  }

  /** Whether the last PIN failed because CIS did not respond, without a new attempt since. */
  get cisUnreachable(): boolean {
    return this.#desk.cisUnreachable;
  }

  /** Whether the PIN prompt is open. */
  get pinQuestion(): boolean {
    return this.#desk.pinQuestion;
  }

  /** The open prompt. */
  get question(): 'pin' | 'role' | 'signature' | null {
    return this.#desk.question;
  }

  /** The open prompt of a sign-in, also behind a question whether to sign documents. */
  get signInQuestion(): 'pin' | 'role' | null {
    return this.#desk.signInQuestion;
  }

  /** The open question whether to sign documents. */
  get signature(): SignatureQuestion | undefined {
    return this.#desk.signature;
  }

  /** Names of the applications that asked for the PIN. */
  get askedFor(): readonly string[] {
    return [...new Set(this.#desk.askedFor.values())].filter((name) => name !== '');
  }

  /** Notifies programs that a prompt waits at this page. */
  notifyQuestion(notice: AgentNotices['questionOpened']): void {
    this.#desk.tell('questionOpened', notice);
  }

  /** The session that can prove the user now. */
  get vouching(): LiveSession | undefined {
    return this.#desk.vouching;
  }

  /** Whether the session continues without its card. */
  get cardMayLeave(): boolean {
    return this.#desk.behaviour.onRemoval === 'keep';
  }

  status(): AgentStatus {
    return statusOf(this.#desk);
  }

  /** The state for the pages of a sign-in, on which a PIN never signs documents. */
  signInStatus(): AgentStatus {
    return { ...statusOf(this.#desk), question: this.signInQuestion };
  }

  /** Notifies the listener of cards and sessions. Returns a function that stops this. */
  onNotice(listener: NoticeListener): () => void {
    return this.#desk.onNotice(listener);
  }

  /** Calls the watcher after each change. Returns a function that stops this. */
  onChange(watcher: () => void): () => void {
    return this.#desk.onChange(watcher);
  }

  /** Resolves when everything started so far has finished. */
  settled(): Promise<void> {
    return this.#desk.settled();
  }

  /** Watches a reader, starting with the card that is already inserted. */
  attach(reader: Reader, label: () => CardLabel | undefined, office?: CardOffice): void {
    this.#unwatch?.();
    this.#desk.useOffice(office);
    this.#unwatch = watchReader(this.#desk, reader, label);
  }

  /** Releases the reader and ends the session. */
  async stop(): Promise<void> {
    this.#unwatch?.();
    this.#desk.signature?.end('declined');
    await this.settled();
    this.#ends.stop();
    this.#desk.end('agentStopped');
    await this.settled();
  }

  /** Opens the PIN prompt for an application, also in a live session (`getNewTicket`, `prompt=login`). */
  askForPin(application: AskingApplication = unnamedApplication): void {
    this.#desk.ask(application);
  }

  /**
   * Returns a session's ticket for desktop applications: a value that is only meaningful to this agent or, if enabled, the ticket
   * of CIS's legacy interface, requested once for each session. @throws CisRefusal, ServerCallError
   */
  async ticketOf(session: LiveSession): Promise<string> {
    const { legacyTickets, cis } = this.#desk.parts;
    return legacyTickets
      ? session.legacyTicket(() => cis.legacyTicket(session.id, session.key))
      : session.ticket;
  }

  /** Returns whether the PIN was entered for this application, if each application needs one. */
  isOpenFor(session: LiveSession, { key }: Pick<AskingApplication, 'key'>): boolean {
    return !this.#desk.behaviour.pinForEachApplication || session.isOpenFor(key);
  }

  /** Withdraws the prompt of `askForPin`. */
  withdraw(): void {
    this.#desk.withdraw();
  }

  /** Records that a page asks for the PIN. */
  pinShown(to: Party, keys: readonly string[]): void {
    this.#desk.arrows.pinAsked(to, keys);
  }

  /** Submits a PIN. `insertion` names the intended card: another one does not use an attempt. */
  answerPin(pin: string, by: Answerer, insertion = this.card?.insertion): Promise<PinResult> {
    return this.#desk.exclusive(async () =>
      insertion === this.card?.insertion
        ? answerPin(this.#desk, pin, by)
        : { ok: false, error: 'card_removed' },
    );
  }

  /** Asks the user to sign documents. @param gone aborts when the page has left; @param wait milliseconds for the answer */
  requestSignature(wanted: DocumentsToSign, gone: AbortSignal, wait?: number): Promise<SignatureResult> {
    return requestSignature(this.#desk, wanted, gone, wait);
  }

  /** Submits the PIN that signs the documents of a question. */
  answerSignature(id: string, pin: string, by: Answerer): Promise<SigningResult> {
    return this.#desk.exclusive(() => answerSignature(this.#desk, id, pin, by));
  }

  /** Declines to sign. Returns whether that question was open. */
  declineSignature(id: string): boolean {
    const { signature } = this.#desk;
    if (signature?.id !== id || signature.isOver) return false;
    signature.end('declined');
    return true;
  }

  /** Runs the work while no sign-in is running, and not at all if a user has signed in. Rejects with the work's error. */
  beforeSignIn(work: () => Promise<void>): Promise<void> {
    return this.#desk.exclusive(async () => (this.pins === 0 ? work() : undefined));
  }

  /** Reads the attempts of the card in the reader again after an external change. */
  recount(): Promise<void> {
    return this.#desk.exclusive(async () => this.card?.recount().catch(() => undefined));
  }

  changePin(pin: string, newPin: string): Promise<CardActResult> {
    return this.#desk.exclusive(() => changePin(this.#desk, pin, newPin));
  }

  /** Sets a new PIN with the card's own unblocking code. */
  unblockPin(unblockingCode: string, newPin: string): Promise<CardActResult> {
    return this.#desk.exclusive(() => unblockPin(this.#desk, unblockingCode, newPin));
  }

  /** Requests a mailed code for the holder of the card in the reader. */
  requestUnlockCode(): Promise<CardActResult> {
    return this.#desk.exclusive(() => requestUnlockCode(this.#desk));
  }

  /** Sets a new PIN with the mailed code. */
  unlockCard(code: string, newPin: string): Promise<CardActResult> {
    return this.#desk.exclusive(() => unlockCard(this.#desk, code, newPin));
  }

  /** Renews the card's keys and certificates in their last 90 days. */
  renewCard(): Promise<RenewalResult> {
    return this.#desk.exclusive(() => renewCard(this.#desk));
  }

  /** Whether the card in the reader can be renewed here and is due. */
  get renewalDue(): boolean {
    const { card, office, parts } = this.#desk;
    return card !== undefined && office !== undefined && isRenewalDue(card, parts.clock.now());
  }

  /** Stops offering a renewal in this session. */
  putOffRenewal(): void {
    this.#desk.session?.putOffRenewal();
  }

  /** Submits a role. */
  answerRole(roleId: string): Promise<RoleResult> {
    return this.#desk.exclusive(() => answerRole(this.#desk, roleId));
  }

  /** Handles a locked or unlocked screen. */
  screen(locked: boolean): void {
    this.#desk.screen(locked);
  }

  runTimers(): void {
    this.#desk.schedule.run();
  }

  /** Ends the session; resolves when CIS was notified or did not respond. */
  async signOut(): Promise<void> {
    this.#desk.signOut();
    await this.settled();
  }

  /** Checks that CIS still has the session if the last check is older than a heartbeat interval, or `always`. Never rejects. */
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

  /** Reports pending session ends to CIS. */
  retryEndings(): Promise<void> {
    return this.#desk.endings.retry();
  }

  /** Returns a signature of the session's own card, null without a card. @throws CardError, for example `pin_required` */
  signWithCard(session: LiveSession, message: Uint8Array): Promise<CardSignature | null> {
    return this.#desk.mutex.run(async () => {
      const { card } = this.#desk;
      if (!card) return null;
      if (card.uid !== session.uid) throw new CardError('card_removed', 'Another card is in the reader.');
      return card.sign(message);
    });
  }
}
