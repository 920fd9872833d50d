import type { Clock } from '@alongside/kernel/clock';
import type { HttpRequest } from '@alongside/kernel/http';
import { randomDigits, randomToken } from '@alongside/kernel/ids';
import type { TrustedProxies } from '@alongside/kernel/peer';
import { sha256 } from '@alongside/kernel/secrets';
import { type Database, type Statement, sql } from '../../../storage/database.ts';
import type { SingleUse } from '../../../storage/single-use.ts';
import type { AuthenticatorDependencies } from '../kind.ts';
import { Tries } from '../shared/tries.ts';
import type { HolderChecks } from './holder.ts';
import { newShortCode } from './protocol.ts';

export type TabletState = 'waiting' | 'opened' | 'approved' | 'denied' | 'wrongNumber' | 'elsewhere';

/** A sign-in that waits for a tablet, like the authentication request of CIBA. */
export interface TabletRequest {
  /** Known only to the browser of the workstation. */
  id: string;
  /** The code that the user scans or types into the tablet. */
  code: string;
  /** Address of the workstation. */
  address: string;
  applicationName: string;
  nonce: string;
  /** The number on the screen of the workstation, one of the candidates. */
  number: string;
  candidates: string[];
  state: TabletState;
  /** The user and the tablet that opened it. */
  uid: string | null;
  credentialId: string | null;
  /** Milliseconds. */
  expiresAt: number;
}

/** An opened request, stored under the tablet's reference to it. */
interface OpenedByTablet {
  id: string;
  credentialId: string;
}

const kinds = {
  request: 'cis2-tablet',
  code: 'cis2-tablet-code',
  opened: 'cis2-tablet-opened',
  person: 'cis2-tablet-person',
} as const;
/** Milliseconds. */
const requestLifetime = 120_000;
/** Requests of one sign-in. */
const maxRequests = 5;

function threeNumbers(): string[] {
  const numbers = new Set<string>();
  while (numbers.size < 3) numbers.add(randomDigits(2));
  return [...numbers];
}

/** Requests to tablets. They are in storage, because workstation and tablet may reach different processes. */
export class TabletRequests {
  readonly #database: Database;
  readonly #singleUse: SingleUse;
  readonly #clock: Clock;
  readonly #perSignIn: Tries;

  constructor(database: Database, singleUse: SingleUse, clock: Clock) {
    this.#database = database;
    this.#singleUse = singleUse;
    this.#clock = clock;
    this.#perSignIn = new Tries(database, clock, 'cis2-tablet-desk', maxRequests, 900_000);
  }

  /** Creates a request, and ends the previous one of the sign-in. Returns its serial number, or undefined after five requests. */
  async create(interactionId: string, address: string, applicationName: string): Promise<number | undefined> {
    const serial = await this.#perSignIn.take(interactionId);
    if (serial === undefined) return undefined;
    if (serial > 1) await this.end(interactionId, serial - 1);
    const [number = '', ...others] = threeNumbers();
    const request: TabletRequest = {
      id: `${interactionId}.${serial}`,
      code: newShortCode(),
      address,
      applicationName,
      nonce: randomToken(),
      number,
      candidates: [number, ...others].sort(),
      state: 'waiting',
      uid: null,
      credentialId: null,
      expiresAt: this.#clock.now() + requestLifetime,
    };
    await this.#database.batch([
      this.#singleUse.keepStatement(kinds.request, request.id, request, requestLifetime),
      this.#singleUse.keepStatement(kinds.code, request.code, request.id, requestLifetime),
    ]);
    return serial;
  }

  /** Returns the live request of a sign-in with this serial number. */
  get(interactionId: string, serial: number): Promise<TabletRequest | undefined> {
    return this.#singleUse.peek<TabletRequest>(kinds.request, `${interactionId}.${serial}`);
  }

  /** Returns the conditional write that uses an approved request for one sign-in. */
  spendStatement({ id }: TabletRequest): Statement {
    return this.#singleUse.spendStatement(kinds.request, id);
  }

  /** Ends a request in any state, and lets its user open another one. */
  async end(interactionId: string, serial: number): Promise<void> {
    const ended = await this.#singleUse.spend<TabletRequest>(kinds.request, `${interactionId}.${serial}`);
    if (ended?.uid) await this.release(ended.uid);
  }

  /** Claims the user's one open request. Returns false if the user has one. */
  claimPerson(uid: string): Promise<boolean> {
    return this.#singleUse.claim(kinds.person, uid, requestLifetime);
  }

  /** Spends a code. Returns its request, or undefined if the code is unknown, expired or used. */
  async takeCode(code: string): Promise<TabletRequest | undefined> {
    const id = await this.#singleUse.spend<string>(kinds.code, code);
    return id === undefined ? undefined : this.#singleUse.peek<TabletRequest>(kinds.request, id);
  }

  /** Stores who opened it. Returns the tablet's reference to it, or undefined if the workstation has cancelled. */
  async open(request: TabletRequest, uid: string, credentialId: string): Promise<string | undefined> {
    const reference = randomToken();
    const left = request.expiresAt - this.#clock.now();
    const opened = { ...request, state: 'opened', uid, credentialId } satisfies TabletRequest;
    if (!(await this.#singleUse.replace(kinds.request, request.id, opened))) return undefined;
    const kept: OpenedByTablet = { id: request.id, credentialId };
    await this.#singleUse.keep(kinds.opened, reference, kept, left);
    return reference;
  }

  /** Spends a tablet's reference. Returns its request for one answer. */
  async takeAnswer(reference: string, credentialId: string): Promise<TabletRequest | undefined> {
    const kept = await this.#singleUse.peek<OpenedByTablet>(kinds.opened, reference);
    if (kept?.credentialId !== credentialId) return undefined;
    if (!(await this.#singleUse.spend(kinds.opened, reference))) return undefined;
    return this.#singleUse.peek<TabletRequest>(kinds.request, kept.id);
  }

  /**
   * Stores the result from the tablet. Returns false if the workstation has cancelled.
   * @param others writes of the same batch, such as the audit record.
   */
  async settle(request: TabletRequest, state: TabletState, ...others: Statement[]): Promise<boolean> {
    if (request.uid) await this.release(request.uid);
    return this.#singleUse.replace(kinds.request, request.id, { ...request, state }, ...others);
  }

  /** Lets a user open another request. */
  async release(uid: string): Promise<void> {
    await this.#database.run(
      sql('DELETE FROM single_use WHERE kind = ? AND hash = ?', kinds.person, sha256(uid)),
    );
  }
}

const plain = (address: string): string => {
  const without = address.replace(/^::ffff:(?=\d+\.)/i, '');
  return /^127\.|^::1$/.test(without) ? 'loopback' : without;
};

/** Networks in which workstations and tablets count as near each other. */
export type Networks = Pick<TrustedProxies, 'includes'>;

export const noNetworks: Networks = { includes: () => false };

/** Returns the address for `isNear`; empty if only the address of a proxy is known. */
export const nearAddress = ({
  address,
  clientUnknown,
}: Pick<HttpRequest, 'address' | 'clientUnknown'>): string => (clientUnknown ? '' : address);

/** Returns whether a tablet counts as near a workstation: they share an address, or both are in networks of the policy. */
export function isNear(workstation: string, tablet: string, networks: Networks): boolean {
  if (workstation !== '' && plain(workstation) === plain(tablet)) return true;
  return networks.includes(workstation) && networks.includes(tablet);
}

/** The services of the tablet app. */
export interface TabletDependencies extends AuthenticatorDependencies {
  requests: TabletRequests;
  networks: Networks;
  holders: HolderChecks;
}

export interface TabletCall {
  tablet: TabletDependencies;
  request: HttpRequest;
}
