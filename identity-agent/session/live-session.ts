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

/** The user's session. The key is in memory only, so a session never outlives the process. */
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
  /** Latest end of the session, as last reported by CIS. */
  endsAt: number;
  roleId: string | null;
  /** Whether the role prompt is open. */
  awaitingRole = false;
  /** Why the session is locked until the PIN is entered; null if unlocked. */
  lock: LockReason | null = null;
  /** Keys of the applications for which the PIN was entered. */
  readonly opened = new Set<string>();
  /** Whether the offered renewal of the card was skipped. */
  renewalPutOff = false;
  pinTime: number;
  /** The number of this session's last PIN, to distinguish PINs at the same moment. */
  pinNumber: number;
  heartbeatAt: number;
  #ticket = randomToken();

  constructor(answer: SignInAnswer, key: HeldKey, now: number, pinNumber: number) {
    this.id = answer.sessionId;
    this.uid = answer.uid;
    this.displayName = answer.displayName;
    this.roles = answer.roles;
    this.roleId = answer.roleId;
    this.key = key;
    this.certificate = answer.sessionCertificate;
    this.heartbeatEvery = answer.heartbeatEvery * 1000;
    this.endsAt = Date.parse(answer.endsAt);
    this.pinTime = now;
    this.heartbeatAt = now;
    this.pinNumber = pinNumber;
  }

  get role(): RoleProfile | undefined {
    return this.roles.find(({ roleId }) => roleId === this.roleId);
  }

  /** Records that CIS confirmed this session now, with its latest end. */
  heard(now: number, endsAt: string): void {
    this.heartbeatAt = now;
    const until = Date.parse(endsAt);
    if (Number.isFinite(until)) this.endsAt = until;
  }

  /** The session's ticket for desktop applications. */
  get ticket(): string {
    return this.#ticket;
  }

  /** Ticket of CIS's legacy interface, if one was requested. */
  legacyTicket: Promise<string> | undefined;

  /** Invalidates the tickets issued so far. */
  renewTicket(): void {
    this.#ticket = randomToken();
    this.legacyTicket = undefined;
  }
}
