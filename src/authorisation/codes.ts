import type { Activity } from '@alongside/kernel/activity';
import { orderedToken } from '@alongside/kernel/ids';
import type { Level, Upstream } from '../oauth/upstream/upstream.ts';
import type { Statement } from '../storage/database.ts';
import type { SingleUse, SpentValue } from '../storage/single-use.ts';
import type { Base } from './base.ts';
import type { Attributes } from './issue.ts';

/** The OpenID part of an authorization request. */
export interface OpenIdRequest {
  /** The granted scopes that concern the ID token and userinfo. */
  scopes: readonly string[];
  /** The nonce of the client. */
  nonce: string | null;
}

/** The data of an authorization code. */
export interface CodeGrant {
  /** Issuer of the base path, the only one that accepts the code. */
  issuer: string;
  applicationId: string;
  clientId: string;
  redirectUri: string;
  challenge: string | null;
  /** Id of all tokens from this code, to revoke them together. */
  family: string;
  upstream: Upstream['id'];
  level: Level;
  uid: string;
  sid: string | null;
  attributes: Attributes;
  /** The requested scopes; null for all scopes of the level. */
  asked: string[] | null;
  /** Of a request with the scope `openid`. */
  openId?: OpenIdRequest;
  /** The resources of the tokens (RFC 8707); absent for the whole platform. */
  resources?: string[];
  /** Thumbprint of the key that must redeem the code (RFC 9449 section 10). */
  jkt?: string | null;
  /** The span that issued the code; absent without traces. */
  trace?: string | undefined;
}

const kind = 'authorisation-code';
const codeBytes = 24;
/** Milliseconds: 300 s as published; other profiles 60 s by RFC 9700. */
const lifetimes: Readonly<Record<string, number>> = { nhs: 300_000 };
const defaultLifetime = 60_000;

/** The authorization codes of one base path. */
export class Codes {
  readonly #base: Base;
  readonly #singleUse: SingleUse;

  constructor(base: Base, singleUse: SingleUse) {
    this.#base = base;
    this.#singleUse = singleUse;
  }

  /** A code that exists once its write is durable. */
  creating(
    grant: Omit<CodeGrant, 'issuer'>,
    request: Activity | undefined,
  ): { code: string; write: Statement } {
    const { issuer, profile } = this.#base;
    const code = orderedToken(codeBytes);
    const payload: CodeGrant = { ...grant, issuer, trace: request?.trace?.context };
    const lifetime = lifetimes[profile] ?? defaultLifetime;
    return { code, write: this.#singleUse.keepStatement(kind, code, payload, lifetime) };
  }

  /** Returns the data and state of a code of this base path, even if it was used or has expired. */
  async find(code: string): Promise<SpentValue<CodeGrant> | undefined> {
    const found = await this.#singleUse.find<CodeGrant>(kind, code);
    return found?.payload.issuer === this.#base.issuer ? found : undefined;
  }

  /** The condition of the batch that turns the code into tokens: one batch wins. */
  spendStatement(code: string): Statement {
    return this.#singleUse.spendStatement(kind, code);
  }
}
