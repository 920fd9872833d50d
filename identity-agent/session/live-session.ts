import { randomToken } from '@alongside/kernel/ids';
import type { RoleProfile, SignInAnswer } from '../../src/cis/protocol.ts';
import type { HeldKey } from './agent-key.ts';

/** Why a session waits for the PIN: its card was removed, the screen was locked, or the last PIN is too old. */
export type LockReason = 'card' | 'screen' | 'time';

/** An application that asks for the PIN. */
export interface AskingApplication {
  /** Distinguishes it: the client id that CIS2 signed, or the name that a program of the workstation gives itself. */
  key: string;
  /** Shown to the user; empty if the application is not known. */
  name: string;
}

/** A page or program that names no application. */
export const unnamedApplication: AskingApplication = { key: '', name: '' };

/** What the session waits for, if anything. A locked one goes on as before the lock. */
type SessionState =
  | { readonly kind: 'open' | 'choosingRole' }
  | { readonly kind: 'locked'; readonly reason: LockReason; readonly before: 'open' | 'choosingRole' };

/**
 * The user's session. The key is in memory only, so a session never outlives the process. Its state changes by its own methods
 * alone.
 */
export class LiveSession {
  readonly id: string;
  readonly uid: string;
  readonly displayName: string;
  readonly roles: readonly RoleProfile[];
  readonly key: HeldKey;
  /** JWS of CIS that certifies the key. */
  readonly certificate: string;
  /** Milliseconds. */
  readonly heartbeatEvery: number;
  /** Keys of the applications for which the PIN was entered. */
  readonly #openedFor = new Set<string>();
  #state: SessionState = { kind: 'open' };
  #roleId: string | null;
  #endsAt: number;
  #heartbeatAt: number;
  #pinTime: number;
  #pinNumber: number;
  #isRenewalPutOff = false;
  #ticket = randomToken();
  #legacyTicket: Promise<string> | undefined;

  constructor(answer: SignInAnswer, key: HeldKey, now: number, pinNumber: number) {
    this.id = answer.sessionId;
    this.uid = answer.uid;
    this.displayName = answer.displayName;
    this.roles = answer.roles;
    this.#roleId = answer.roleId;
    this.key = key;
    this.certificate = answer.sessionCertificate;
    this.heartbeatEvery = answer.heartbeatEvery * 1000;
    this.#endsAt = Date.parse(answer.endsAt);
    this.#pinTime = now;
    this.#heartbeatAt = now;
    this.#pinNumber = pinNumber;
  }

  /** Why the session is locked until the PIN is entered; null if unlocked. */
  get lock(): LockReason | null {
    return this.#state.kind === 'locked' ? this.#state.reason : null;
  }

  /** Whether the user still has to choose a role, also behind a lock. */
  get awaitingRole(): boolean {
    const { kind } = this.#state;
    return (this.#state.kind === 'locked' ? this.#state.before : kind) === 'choosingRole';
  }

  get roleId(): string | null {
    return this.#roleId;
  }

  get role(): RoleProfile | undefined {
    return this.roles.find(({ roleId }) => roleId === this.#roleId);
  }

  /** Latest end of the session, as last reported by CIS. */
  get endsAt(): number {
    return this.#endsAt;
  }

  get heartbeatAt(): number {
    return this.#heartbeatAt;
  }

  get pinTime(): number {
    return this.#pinTime;
  }

  /** The number of this session's last PIN, to distinguish PINs at the same moment. */
  get pinNumber(): number {
    return this.#pinNumber;
  }

  /** Whether the offered renewal of the card was skipped. */
  get renewalPutOff(): boolean {
    return this.#isRenewalPutOff;
  }

  /** Locks the session until the PIN. Returns false if it is locked already. */
  lockFor(reason: LockReason): boolean {
    if (this.#state.kind === 'locked') return false;
    this.#state = { kind: 'locked', reason, before: this.#state.kind };
    return true;
  }

  /** Returns false if the session was not locked. */
  unlock(): boolean {
    if (this.#state.kind !== 'locked') return false;
    this.#state = { kind: this.#state.before };
    return true;
  }

  /** Opens the role prompt. */
  askForRole(): void {
    this.#state = { kind: 'choosingRole' };
  }

  /** Records the role that CIS accepted. */
  takeRole(roleId: string): void {
    this.#roleId = roleId;
    this.#state = this.#state.kind === 'locked' ? { ...this.#state, before: 'open' } : { kind: 'open' };
  }

  /** Records a PIN that CIS confirmed, and the applications for which it was entered. */
  pinConfirmed(now: number, pinNumber: number, applications: Iterable<string>): void {
    this.#pinTime = now;
    this.#pinNumber = pinNumber;
    this.openFor(applications);
  }

  /** Records the applications for which the PIN was entered, by their keys. */
  openFor(applications: Iterable<string>): void {
    for (const key of applications) this.#openedFor.add(key);
  }

  isOpenFor(application: string): boolean {
    return this.#openedFor.has(application);
  }

  putOffRenewal(): void {
    this.#isRenewalPutOff = true;
  }

  /** Records that CIS confirmed this session now, with its latest end. */
  heard(now: number, endsAt: string): void {
    this.#heartbeatAt = now;
    const until = Date.parse(endsAt);
    if (Number.isFinite(until)) this.#endsAt = until;
  }

  /** The session's ticket for desktop applications. */
  get ticket(): string {
    return this.#ticket;
  }

  /** Returns the ticket of CIS's legacy interface, requested once; again after a failure. */
  legacyTicket(request: () => Promise<string>): Promise<string> {
    const asked = this.#legacyTicket ?? request();
    this.#legacyTicket = asked;
    asked.catch(() => {
      if (this.#legacyTicket === asked) this.#legacyTicket = undefined;
    });
    return asked;
  }

  /** Invalidates the tickets issued so far. */
  renewTicket(): void {
    this.#ticket = randomToken();
    this.#legacyTicket = undefined;
  }
}
