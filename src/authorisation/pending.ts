import { randomToken } from '@alongside/kernel/ids';
import { sha256, type Vault } from '@alongside/kernel/secrets';
import type { SingleUse } from '../storage/single-use.ts';
import type { Base } from './base.ts';
import type { Upstream } from './upstream/upstream.ts';

/** An authorization request that waits for the provider's answer. */
export interface Pending {
  issuer: string;
  upstream: Upstream['id'];
  applicationId: string;
  clientId: string;
  redirectUri: string;
  /** The client's own state. */
  state: string | null;
  challenge: string | null;
  asked: string[] | null;
  resources?: string[];
  /** Thumbprint of the key that must redeem the code (RFC 9449 section 10). */
  jkt?: string | null;
  /** The pushed request that it came from: spent with the code (RFC 9126). */
  requestUri?: string | null;
  nonce: string | null;
  /** The code verifier towards the provider, sealed. */
  verifier: string | null;
  /** Hash of the cookie that the browser was given. */
  browser: string | null;
}

/** What the platform sends along, made for one request. */
export interface Outgoing {
  state: string;
  nonce?: string;
  challenge?: string;
}

const kind = 'authorisation-state';
/** 216 bits, 36 characters (identity-service-api, generate-state). */
const stateBytes = 27;
/** Milliseconds that a person may take to sign in. */
const lifetime = 3_600_000;
const sealName = 'upstream-verifier';

/** The requests under way at one base path, by the platform's own state. */
export class PendingRequests {
  readonly #base: Base;
  readonly #singleUse: SingleUse;
  readonly #vault: Vault;

  constructor(base: Base, singleUse: SingleUse, vault: Vault) {
    this.#base = base;
    this.#singleUse = singleUse;
    this.#vault = vault;
  }

  async begin(
    upstream: Upstream,
    request: Omit<Pending, 'issuer' | 'upstream' | 'nonce' | 'verifier'>,
  ): Promise<Outgoing> {
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
    await this.#singleUse.keep(kind, state, pending, lifetime);
    return { state, nonce: nonce ?? undefined, challenge: verifier === null ? undefined : sha256(verifier) };
  }

  /** Reads a request that is still waiting, without ending the wait. */
  async peek(state: string): Promise<Pending | undefined> {
    const pending = await this.#singleUse.peek<Pending>(kind, state);
    return pending?.issuer === this.#base.issuer ? pending : undefined;
  }

  /** Ends the wait: the request for the one winner, undefined for everybody else. */
  async take(state: string): Promise<Pending | undefined> {
    return (await this.peek(state)) && this.#singleUse.spend<Pending>(kind, state);
  }

  verifierOf({ verifier }: Pending): string | undefined {
    return verifier === null ? undefined : this.#vault.open(sealName, verifier);
  }
}
