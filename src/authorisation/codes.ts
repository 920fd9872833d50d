import { randomToken } from '@alongside/kernel/ids';
import type { Statement } from '../storage/database.ts';
import type { SingleUse, SpentValue } from '../storage/single-use.ts';
import type { Attributes } from './attributes.ts';
import type { Base } from './base.ts';
import type { Level, Upstream } from './upstream/upstream.ts';

/** What an authorization code stands for. */
export interface CodeGrant {
  /** Issuer that gave it out: a code is good at one base path alone. */
  issuer: string;
  applicationId: string;
  clientId: string;
  redirectUri: string;
  challenge: string | null;
  /** Joins all that comes from this code, for the day when it is used twice. */
  family: string;
  upstream: Upstream['id'];
  level: Level;
  uid: string;
  sid: string | null;
  attributes: Attributes;
  /** The scopes that were asked for; null asks for all of the level. */
  asked: string[] | null;
  /** Where the tokens may be used (RFC 8707); absent means everywhere at the platform. */
  resources?: string[];
  /** Thumbprint of the key that must redeem the code (RFC 9449 section 10). */
  jkt?: string | null;
}

const kind = 'authorisation-code';
const codeBytes = 24;
/** Milliseconds (decided: 300 s as published, 60 s by the security best practice). */
const lifetimes: Readonly<Record<string, number>> = { nhs: 300_000 };
const usualLifetime = 60_000;

/** Authorization codes of one base path. */
export class Codes {
  readonly #base: Base;
  readonly #singleUse: SingleUse;

  constructor(base: Base, singleUse: SingleUse) {
    this.#base = base;
    this.#singleUse = singleUse;
  }

  /** A code that exists once its write is durable. */
  creating(grant: Omit<CodeGrant, 'issuer'>): { code: string; write: Statement } {
    const code = randomToken(codeBytes);
    return { code, write: this.#singleUse.keepStatement(kind, code, this.#payload(grant), this.#lifetime) };
  }

  get #lifetime(): number {
    return lifetimes[this.#base.profile] ?? usualLifetime;
  }

  #payload(grant: Omit<CodeGrant, 'issuer'>): CodeGrant {
    return { ...grant, issuer: this.#base.issuer };
  }

  /** What is known of a code of this base path, whether it may still be used or not. */
  async find(code: string): Promise<SpentValue<CodeGrant> | undefined> {
    const found = await this.#singleUse.find<CodeGrant>(kind, code);
    return found?.payload.issuer === this.#base.issuer ? found : undefined;
  }

  /** The condition of the batch that turns the code into tokens: one batch wins. */
  spendStatement(code: string): Statement {
    return this.#singleUse.spendStatement(kind, code);
  }
}
