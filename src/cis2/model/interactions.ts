import type { Clock } from '@alongside/kernel/clock';
import { type CookieNames, readCookies } from '@alongside/kernel/cookies';
import type { HttpRequest } from '@alongside/kernel/http';
import { randomToken } from '@alongside/kernel/ids';
import { equalSecrets, sha256 } from '@alongside/kernel/secrets';
import type { Statement } from '../../storage/database.ts';
import type { SingleUse } from '../../storage/single-use.ts';
import type { Authentication } from './authentication.ts';
import type { AuthorizationRequest } from './authorization-request.ts';
import type { LimitRows } from './limit-rows.ts';

/** Whom a sign-in is for, where a session of this browser or an ID token of ours says so. */
export interface Expected {
  uid: string;
  /** Nobody else will do: the client named the person. */
  firm: boolean;
  /** The person is signed in here already, but not at a level that is asked for now. */
  steppingUp: boolean;
}

/** A sign-in under way: kept in storage, so that any process can go on with it, and bound to one browser. */
export interface Interaction {
  id: string;
  /** Part of the cookie's name, so that two tabs never meet. */
  tag: string;
  /** SHA-256 of the cookie's value, base64url. */
  txnHash: string;
  /** Milliseconds. */
  createdAt: number;
  authorization: AuthorizationRequest;
  /** Null when the pages go by nobody. */
  expected: Expected | null;
  /** The person chose the way to sign in on the choice page. */
  chosen: boolean;
  /** The PIN must have been given after this moment, in milliseconds. */
  personSince: number | null;
  /** What the choice page says, such as why a hand-off brought nobody. */
  message: string;
  /** A sign-in that waits for the person's word or for the window that asked for it. */
  authentication: Authentication | null;
  /** The live session that waits instead: nobody has to sign in anew, only to answer a question. */
  sid: string | null;
  /** The person said yes to "Continue as …", or need not be asked. */
  confirmed: boolean;
}

/** What a sign-in that begins anew within an interaction starts from. */
export const withoutSignIn = { authentication: null, sid: null, confirmed: false } as const;

const kind = 'cis2-interaction';
/** How long a person may take to sign in, in seconds. */
const lifetime = 900;

export class Interactions {
  readonly #singleUse: SingleUse;
  readonly #clock: Clock;
  readonly #cookies: CookieNames;
  readonly #limitRows: LimitRows;
  readonly #mark: string;

  /** @param mark what ids begin with. */
  constructor(singleUse: SingleUse, clock: Clock, cookies: CookieNames, limitRows: LimitRows, mark = '') {
    this.#singleUse = singleUse;
    this.#clock = clock;
    this.#cookies = cookies;
    this.#limitRows = limitRows;
    this.#mark = mark;
  }

  /**
   * Begins one. The cookie goes to the browser with the answer; only its hash is kept. Throws `tooManyRows`.
   * @param more `sid` of a live session that does for the request but for an answer of the person, and whether
   * that is `confirmed` already; the person who is expected.
   */
  async begin(
    request: HttpRequest,
    authorization: AuthorizationRequest,
    {
      sid = null,
      confirmed = sid !== null,
      expected = null,
    }: { sid?: string | null; confirmed?: boolean; expected?: Expected | null } = {},
  ): Promise<{ interaction: Interaction; cookie: string }> {
    await this.#limitRows(request);
    const txn = randomToken();
    const now = this.#clock.now();
    const interaction: Interaction = {
      id: `${this.#mark}${randomToken()}`,
      tag: randomToken(9),
      txnHash: sha256(txn),
      createdAt: now,
      authorization,
      expected,
      chosen: false,
      personSince: authorization.prompt.includes('login') ? now : null,
      message: '',
      ...withoutSignIn,
      sid,
      confirmed,
    };
    await this.#singleUse.keep(kind, interaction.id, interaction, lifetime * 1000);
    return { interaction, cookie: this.#cookies.set(`txn-${interaction.tag}`, txn, lifetime) };
  }

  /** The interaction with this id, if it lives and the request comes from its browser. */
  async open(id: string, request: HttpRequest): Promise<Interaction | undefined> {
    const interaction = await this.#singleUse.peek<Interaction>(kind, id);
    if (!interaction) return undefined;
    const txn = readCookies(request.headers.cookie).get(this.#cookies.name(`txn-${interaction.tag}`));
    return txn !== undefined && equalSecrets(sha256(txn), interaction.txnHash) ? interaction : undefined;
  }

  /** Keeps a changed interaction; false when it was answered or ran out meanwhile. */
  save(interaction: Interaction): Promise<boolean> {
    return this.#singleUse.replace(kind, interaction.id, interaction);
  }

  /** The conditional write that answers it: one answer only. */
  endStatement({ id }: Interaction): Statement {
    return this.#singleUse.spendStatement(kind, id);
  }

  /** Set-Cookie value that takes its cookie away. */
  clearedCookie({ tag }: Interaction): string {
    return this.#cookies.clear(`txn-${tag}`);
  }
}

/** Paths of an interaction below the origin. */
export const interactionPath = (id: string, part = ''): string => `/interaction/${id}${part && `/${part}`}`;
