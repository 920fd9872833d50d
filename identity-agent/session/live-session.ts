import { randomToken } from '@alongside/kernel/ids';
import type { RoleProfile, SignInAnswer } from '../../src/cis/protocol.ts';
import type { HeldKey } from './agent-key.ts';

/** Why a session waits for the PIN: its card left, the screen was locked, or the last PIN is too old. */
export type LockReason = 'card' | 'screen' | 'time';

/** The session of the person at the desk. The key is in memory only, so a session never outlives the process. */
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
  /** The session ends then at the latest, as CIS last said. */
  endsAt: number;
  roleId: string | null;
  /** The role question is open. */
  awaitingRole = false;
  /** Nobody vouches with the session until the PIN is given again; null while it is open. */
  lock: LockReason | null = null;
  /** The applications that the PIN was given for. */
  readonly opened = new Set<string>();
  /** The renewal of the card was offered, and put off. */
  renewalPutOff = false;
  pinTime: number;
  /** Counts the PINs of this agent, so that a later one is told apart within one moment. */
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

  /** CIS has heard of this session at this moment, and it may last until then. */
  heard(now: number, endsAt: string): void {
    this.heartbeatAt = now;
    const until = Date.parse(endsAt);
    if (Number.isFinite(until)) this.endsAt = until;
  }

  /** What desktop applications hold of this session. */
  get ticket(): string {
    return this.#ticket;
  }

  /** Ticket of CIS's legacy interface, once one was asked for. */
  legacyTicket: Promise<string> | undefined;

  /** Makes the tickets given so far worthless. */
  renewTicket(): void {
    this.#ticket = randomToken();
    this.legacyTicket = undefined;
  }
}
