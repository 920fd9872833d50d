import { randomToken } from '@alongside/kernel/ids';
import { sha256, type Vault } from '@alongside/kernel/secrets';
import type { Statement } from '../storage/database.ts';
import type { SingleUse } from '../storage/single-use.ts';
import type { Base } from './base.ts';
import type { AtBase } from './parts.ts';
import type { Upstream } from './upstream/upstream.ts';

/** An authorization request that waits for the provider's response. */
export interface Pending {
  issuer: string;
  upstream: Upstream['id'];
  applicationId: string;
  clientId: string;
  redirectUri: string;
  /** The client's state. */
  state: string | null;
  challenge: string | null;
  asked: string[] | null;
  resources?: string[];
  /** Thumbprint of the key that must redeem the code (RFC 9449 section 10). */
  jkt?: string | null;
  /** The pushed request, which is spent with the code (RFC 9126). */
  requestUri?: string | null;
  /** Family of the tokens that the request leads to, which is the id of its journey. Requests of earlier versions lack it. */
  family?: string;
  nonce: string | null;
  /** The sealed code verifier for the provider. */
  verifier: string | null;
  /** Hash of the browser's cookie. */
  browser: string | null;
}

/** The values that the platform sends to the provider for one request. */
export interface Outgoing {
  state: string;
  nonce?: string;
  challenge?: string;
}

const kind = 'authorisation-state';
/** 216 bits, 36 characters (identity-service-api, generate-state). */
const stateBytes = 27;
/** Milliseconds within which the user must sign in. */
const lifetime = 3_600_000;
const sealName = 'upstream-verifier';

/** The pending requests of one base path, by the platform's state. */
export class PendingRequests {
  readonly #base: Base;
  readonly #singleUse: SingleUse;
  readonly #vault: Vault;

  constructor(base: Base, singleUse: SingleUse, vault: Vault) {
    this.#base = base;
    this.#singleUse = singleUse;
    this.#vault = vault;
  }

  /** Returns the values for the provider, and the statement that stores the request. */
  async prepare(
    upstream: Upstream,
    request: Omit<Pending, 'issuer' | 'upstream' | 'nonce' | 'verifier'>,
  ): Promise<{ outgoing: Outgoing; statement: Statement }> {
    const state = randomToken(stateBytes);
    const sends = await upstream.sendsNonceAndPkce();
    const nonce = sends ? randomToken() : null;
    const verifier = sends ? randomToken() : null;
    const pending: Pending = {
      ...request,
      issuer: this.#base.issuer,
      upstream: upstream.id,
      nonce,
      verifier: verifier && this.#vault.seal(sealName, verifier),
    };
    return {
      outgoing: {
        state,
        nonce: nonce ?? undefined,
        challenge: verifier === null ? undefined : sha256(verifier),
      },
      statement: this.#singleUse.keepStatement(kind, state, pending, lifetime),
    };
  }

  /** Returns a pending request without spending it. */
  async peek(state: string): Promise<Pending | undefined> {
    const pending = await this.#singleUse.peek<Pending>(kind, state);
    return pending?.issuer === this.#base.issuer ? pending : undefined;
  }

  /** Spends a pending request that `peek` has returned. Returns it to one caller only. */
  take(state: string): Promise<Pending | undefined> {
    return this.#singleUse.spend<Pending>(kind, state);
  }

  verifierOf({ verifier }: Pending): string | undefined {
    return verifier === null ? undefined : this.#vault.open(sealName, verifier);
  }
}

/** Returns the pending requests of a base path. */
export const pendingAt = ({ base, parts }: AtBase<'singleUse' | 'vault'>['server']): PendingRequests =>
  new PendingRequests(base, parts.singleUse, parts.vault);
