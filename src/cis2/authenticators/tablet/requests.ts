import type { Clock } from '@alongside/kernel/clock';
import type { HttpRequest } from '@alongside/kernel/http';
import { randomDigits, randomToken } from '@alongside/kernel/ids';
import type { TrustedProxies } from '@alongside/kernel/peer';
import { sha256 } from '@alongside/kernel/secrets';
import { type Database, type Statement, sql } from '../../../storage/database.ts';
import type { SingleUse } from '../../../storage/single-use.ts';
import { Tries } from '../shared/tries.ts';
import { newShortCode } from './protocol.ts';

const plain = (address: string): string => {
  const without = address.replace(/^::ffff:(?=\d+\.)/i, '');
  return /^127\.|^::1$/.test(without) ? 'loopback' : without;
};

/** Networks in which desks and tablets are held to be near each other. */
export type Networks = Pick<TrustedProxies, 'includes'>;

export const noNetworks: Networks = { includes: () => false };

/** Returns the address that counts for nearness; empty where only the address of a proxy is known. */
export const nearAddress = ({
  address,
  clientUnknown,
}: Pick<HttpRequest, 'address' | 'clientUnknown'>): string => (clientUnknown ? '' : address);

/** Whether a tablet may be held to be near a desk: both come from the same address, or both from a network that policy names. */
export function isNear(desk: string, tablet: string, networks: Networks): boolean {
  if (desk !== '' && plain(desk) === plain(tablet)) return true;
  return networks.includes(desk) && networks.includes(tablet);
}

/** What became of a request to the tablet. */
export type TabletState = 'waiting' | 'opened' | 'approved' | 'denied' | 'wrongNumber' | 'elsewhere';

/** A sign-in that waits for a tablet (the part of CIBA's authentication request). */
export interface TabletRequest {
  /** Known to the browser of the desk alone. */
  id: string;
  /** What the person types into the tablet. */
  code: string;
  /** Address of the desk. */
  address: string;
  applicationName: string;
  nonce: string;
  /** What is to be chosen, and from which. */
  number: string;
  candidates: string[];
  state: TabletState;
  /** Who opened it, with which tablet. */
  uid: string | null;
  credentialId: string | null;
  /** Milliseconds. */
  expiresAt: number;
}

/** A request that a tablet has opened, as the tablet refers to it. */
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
/** How long a person has, in milliseconds. */
const tabletLifetime = 120_000;
/** Requests that one sign-in may make. */
const mostRequests = 5;

function threeNumbers(): string[] {
  const numbers = new Set<string>();
  while (numbers.size < 3) numbers.add(randomDigits(2));
  return [...numbers];
}

/** Requests to tablets, in storage: desk and tablet may meet different processes. */
export class TabletRequests {
  readonly #database: Database;
  readonly #singleUse: SingleUse;
  readonly #clock: Clock;
  readonly #perSignIn: Tries;

  constructor(database: Database, singleUse: SingleUse, clock: Clock) {
    this.#database = database;
    this.#singleUse = singleUse;
    this.#clock = clock;
    this.#perSignIn = new Tries(database, clock, 'cis2-tablet-desk', mostRequests, 900_000);
  }

  /** Makes the one open request of a sign-in, and ends the one before; undefined after five of them. */
  async make(interactionId: string, address: string, applicationName: string): Promise<number | undefined> {
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
      expiresAt: this.#clock.now() + tabletLifetime,
    };
    await this.#database.batch([
      this.#singleUse.keepStatement(kinds.request, request.id, request, tabletLifetime),
      this.#singleUse.keepStatement(kinds.code, request.code, request.id, tabletLifetime),
    ]);
    return serial;
  }

  /** The live request of a sign-in with this serial number. */
  get(interactionId: string, serial: number): Promise<TabletRequest | undefined> {
    return this.#singleUse.peek<TabletRequest>(kinds.request, `${interactionId}.${serial}`);
  }

  /** The conditional write that uses an answered request: one sign-in only. */
  spendStatement({ id }: TabletRequest): Statement {
    return this.#singleUse.spendStatement(kinds.request, id);
  }

  /** Ends a request whatever its state, and lets its person open another one. */
  async end(interactionId: string, serial: number): Promise<void> {
    const ended = await this.#singleUse.spend<TabletRequest>(kinds.request, `${interactionId}.${serial}`);
    if (ended?.uid) await this.release(ended.uid);
  }

  /** Claims the person's one open request; false while there is another one. */
  claimPerson(uid: string): Promise<boolean> {
    return this.#singleUse.claim(kinds.person, uid, tabletLifetime);
  }

  /** The request with this code, for the one tablet that opens it; undefined when it is unknown, old or open. */
  async takeCode(code: string): Promise<TabletRequest | undefined> {
    const id = await this.#singleUse.spend<string>(kinds.code, code);
    return id === undefined ? undefined : this.#singleUse.peek<TabletRequest>(kinds.request, id);
  }

  /** Notes who opened it; the value by which the tablet answers, or undefined when the desk gave up meanwhile. */
  async opened(request: TabletRequest, uid: string, credentialId: string): Promise<string | undefined> {
    const reference = randomToken();
    const left = request.expiresAt - this.#clock.now();
    const now = { ...request, state: 'opened', uid, credentialId } satisfies TabletRequest;
    if (!(await this.#singleUse.replace(kinds.request, request.id, now))) return undefined;
    const kept: OpenedByTablet = { id: request.id, credentialId };
    await this.#singleUse.keep(kinds.opened, reference, kept, left);
    return reference;
  }

  /** The request behind a tablet's reference, for its one answer. */
  async takeAnswer(reference: string, credentialId: string): Promise<TabletRequest | undefined> {
    const kept = await this.#singleUse.peek<OpenedByTablet>(kinds.opened, reference);
    if (kept?.credentialId !== credentialId) return undefined;
    if (!(await this.#singleUse.spend(kinds.opened, reference))) return undefined;
    return this.#singleUse.peek<TabletRequest>(kinds.request, kept.id);
  }

  /**
   * Stores how it ended at the tablet; false when the desk gave up meanwhile.
   * @param others writes of the same act, such as its audit record
   */
  async settle(request: TabletRequest, state: TabletState, ...others: Statement[]): Promise<boolean> {
    if (request.uid) await this.release(request.uid);
    return this.#singleUse.replace(kinds.request, request.id, { ...request, state }, ...others);
  }

  /** Lets a person open another request. */
  async release(uid: string): Promise<void> {
    await this.#database.run(
      sql('DELETE FROM single_use WHERE kind = ? AND hash = ?', kinds.person, sha256(uid)),
    );
  }
}
