import type { Clock } from '@alongside/kernel/clock';
import { type CookieNames, readCookies } from '@alongside/kernel/cookies';
import type { HttpRequest } from '@alongside/kernel/http';
import { randomToken } from '@alongside/kernel/ids';
import { equalSecrets, sha256 } from '@alongside/kernel/secrets';
import type { AnonymousRows } from '../../oauth/network-limit.ts';
import type { ResponseMode } from '../../oauth/parameters.ts';
import type { Statement } from '../../storage/database.ts';
import type { SingleUse } from '../../storage/single-use.ts';
import { sharedErrors } from '../errors/shared.ts';
import type { Authentication } from './session.ts';

/** The expected user, from a session of this browser or an ID token of this issuer. */
export interface Expected {
  uid: string;
  /** Whether the client requires this user. */
  firm: boolean;
  /** Whether the user has a session of too low a level. */
  steppingUp: boolean;
}

/** A sign-in in progress. It is stored, so that any process can continue it, and bound to one browser. */
export interface Interaction {
  id: string;
  /** It went straight to the agent, so it is stored with its hand-off and has no separate row until it needs a page. */
  inHandOff?: boolean;
  /** Part of the cookie's name, so that tabs do not interfere. */
  tag: string;
  /** SHA-256 of the cookie's value, base64url. */
  txnHash: string;
  /** In milliseconds. */
  createdAt: number;
  authorization: AuthorizationRequest;
  /** Null if no user is expected. */
  expected: Expected | null;
  /** Whether the user selected the authenticator on the choice page. */
  chosen: boolean;
  /** The PIN must be newer than this time, in milliseconds. */
  personSince: number | null;
  /** The message on the choice page, such as the reason why a hand-off failed. */
  message: string;
  /** A sign-in that waits for an answer of the user, or for the page that opened the window. */
  authentication: Authentication | null;
  /** Or the live session that waits: the user need not sign in, only answer a question. */
  sid: string | null;
  /** The user answered "Continue as …", or need not. */
  confirmed: boolean;
}

interface InteractionDetails {
  /** Of a live session that meets the request except for an answer of the user. */
  sid?: string | null;
  /** Whether the user confirmed already, or need not. */
  confirmed?: boolean;
  expected?: Expected | null;
}

/** An interaction, and the Set-Cookie value that binds it to its browser. Only the hash of the cookie is stored. */
interface NewInteraction {
  interaction: Interaction;
  cookie: string;
}

/** The members of an interaction without a sign-in. */
export const withoutSignIn = { authentication: null, sid: null, confirmed: false } as const;

const kind = 'cis2-interaction';
/** Time for the whole sign-in, in seconds. */
const lifetime = 900;

export class Interactions {
  readonly #singleUse: SingleUse;
  readonly #clock: Clock;
  readonly #cookies: CookieNames;
  readonly #limitRows: LimitRows;
  readonly #mark: string;

  /** @param mark prefix of the ids */
  constructor(singleUse: SingleUse, clock: Clock, cookies: CookieNames, limitRows: LimitRows, mark = '') {
    this.#singleUse = singleUse;
    this.#clock = clock;
    this.#cookies = cookies;
    this.#limitRows = limitRows;
    this.#mark = mark;
  }

  /** Begins an interaction. Throws `tooManyRows`. */
  async begin(
    request: HttpRequest,
    authorization: AuthorizationRequest,
    details: InteractionDetails = {},
  ): Promise<NewInteraction> {
    const made = this.prepare(authorization, details);
    await this.add(request, this.keepStatement(made.interaction));
    return made;
  }

  /** Returns a new interaction, which is not stored yet. */
  prepare(
    authorization: AuthorizationRequest,
    { sid = null, confirmed = sid !== null, expected = null }: InteractionDetails = {},
  ): NewInteraction {
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
    return { interaction, cookie: this.#cookies.set(`txn-${interaction.tag}`, txn, lifetime) };
  }

  /** Stores the row of a new interaction, which the statement creates. Throws `tooManyRows`. */
  async add(request: HttpRequest, statement: Statement): Promise<void> {
    await this.#limitRows(request, [statement]);
  }

  /** Returns the write that gives an interaction a row of its own. */
  keepStatement(interaction: Interaction): Statement {
    const { inHandOff: _, ...kept } = interaction;
    const left = interaction.createdAt + lifetime * 1000 - this.#clock.now();
    return this.#singleUse.keepStatement(kind, interaction.id, kept, left);
  }

  /** Returns a live interaction, if the request is from its browser. @param kept with its hand-off */
  async open(id: string, request: HttpRequest, kept?: Interaction): Promise<Interaction | undefined> {
    const interaction = kept ?? (await this.#singleUse.peek<Interaction>(kind, id));
    if (!interaction) return undefined;
    const txn = readCookies(request.headers.cookie).get(this.#cookies.name(`txn-${interaction.tag}`));
    return txn !== undefined && equalSecrets(sha256(txn), interaction.txnHash) ? interaction : undefined;
  }

  /** Stores a changed interaction. Returns false if it was completed or has expired. */
  save(interaction: Interaction): Promise<boolean> {
    return this.#singleUse.replace(kind, interaction.id, interaction);
  }

  /** Returns the write that stores a changed interaction, unless it was completed or has expired. */
  saveStatement(interaction: Interaction): Statement {
    if (interaction.inHandOff) return this.keepStatement(interaction);
    return this.#singleUse.replaceStatement(kind, interaction.id, interaction);
  }

  /** Returns the conditional write that completes the interaction once; none if its hand-off is spent instead. */
  endStatements({ id, inHandOff }: Interaction): Statement[] {
    return inHandOff ? [] : [this.#singleUse.spendStatement(kind, id)];
  }

  /** Returns the Set-Cookie value that removes the cookie. */
  clearedCookie({ tag }: Interaction): string {
    return this.#cookies.clear(`txn-${tag}`);
  }
}

export const interactionPath = (id: string, part = ''): string => `/interaction/${id}${part && `/${part}`}`;

/** The claims that the `claims` parameter requests, without unknown ones. */
export interface ClaimNames {
  idToken: string[];
  userinfo: string[];
}

/** A validated authorization request, which an interaction keeps until its response. */
export interface AuthorizationRequest {
  clientId: string;
  redirectUri: string;
  responseMode: ResponseMode;
  state: string | null;
  nonce: string | null;
  scope: string[];
  /** PKCE challenge of the method S256. */
  challenge: string | null;
  prompt: string[];
  /** In seconds. */
  maxAge: number | null;
  /** Authentication context classes, in the order of preference. */
  acr: string[];
  /** The uid that the client requires, from `id_token_hint` or the `claims` parameter. */
  subject: string | null;
  loginHint: string | null;
  claims: ClaimNames;
  /** The `request_uri` of a pushed request. Issuing the code uses it up (RFC 9126 section 7.3). */
  pushed: string | null;
  /** Thumbprint of the key that must redeem the code (RFC 9449 section 10). */
  jkt: string | null;
  /** The application for which the platform asks; absent in requests of earlier versions. */
  onBehalfOf?: string | null;
  /** Its client id at the platform. */
  onBehalfOfClient?: string | null;
  /** The port of the user's machine at which a client without a secret waits (`publicListener`); 0 if it is not known. */
  listenerPort?: number | null;
  /** Joins its events to a journey if its state is too short for that. */
  journeyKey?: string | undefined;
}

/** Whether the request allows no page (OpenID Connect Core section 3.1.2.1). */
export const isSilent = (authorization: AuthorizationRequest): boolean =>
  authorization.prompt.includes('none');

/**
 * Counts the rows that an unauthenticated request creates, and creates them in the same batch: one for each statement. Without
 * statements it counts one row, which the caller creates. Throws `tooManyRows` beyond the limit of its network.
 */
export type LimitRows = (
  request: Pick<HttpRequest, 'address'>,
  statements?: readonly Statement[],
) => Promise<void>;

export const limitingRows =
  (rows: AnonymousRows): LimitRows =>
  async ({ address }, statements) => {
    if (!(await (statements ? rows.create(address, statements) : rows.admits(address))))
      throw sharedErrors.tooManyRows('the network, or all together, are over the limit');
  };
