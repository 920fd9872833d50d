import { type CookieNames, readCookies } from '@alongside/kernel/cookies';
import type { HttpRequest } from '@alongside/kernel/http';
import { sha256, type Vault } from '@alongside/kernel/secrets';
import type { AuthorizationRequest } from './interactions.ts';
import { applicationKey } from './relying-party.ts';

const metName = 'agents';
const signedOutName = 'signed-out';
const confirmedName = 'confirmed';
const year = 31_536_000;
const halfDay = 43_200;
/** Maximum number of agents to remember. A workstation has one. */
const maxAgents = 4;

/** Maximum number of confirmed applications to remember, of all users of the browser. */
const maxConfirmed = 30;

const confirmation = (uid: string, authorization: AuthorizationRequest): string =>
  sha256(JSON.stringify([uid, applicationKey({ authorization })])).slice(0, 22);

/** Cookies about the past of a browser: the agents that it met, the confirmed applications, and whether a user signed out. */
export class BrowserMarks {
  readonly #cookies: CookieNames;
  readonly #vault: Vault;
  readonly #confirms: boolean;

  /** @param confirms whether users confirm a client that any local user may be */
  constructor(cookies: CookieNames, vault: Vault, confirms: boolean) {
    this.#cookies = cookies;
    this.#vault = vault;
    this.#confirms = confirms;
  }

  /** Returns the ids of agents through which users signed in in this browser. */
  metAgents(request: HttpRequest): string[] {
    return this.#sealed(request, metName);
  }

  /** Returns the Set-Cookie value that adds an agent. */
  meeting(request: HttpRequest, agentId: string): string {
    const others = this.metAgents(request).filter((id) => id !== agentId);
    const agents = [agentId, ...others].slice(0, maxAgents);
    return this.#sealing(metName, agents);
  }

  /** Returns whether any local user may be the client, and this user has not confirmed it in this browser (docs/adr/0086). */
  mustConfirm(request: HttpRequest, uid: string, authorization: AuthorizationRequest): boolean {
    if (!this.#confirms || typeof authorization.listenerPort !== 'number') return false;
    return !this.#sealed(request, confirmedName).includes(confirmation(uid, authorization));
  }

  /** Returns the Set-Cookie values that remember a confirmation; none for a client that needs none. */
  confirming(request: HttpRequest, uid: string, authorization: AuthorizationRequest): string[] {
    if (!this.mustConfirm(request, uid, authorization)) return [];
    const mark = confirmation(uid, authorization);
    const others = this.#sealed(request, confirmedName);
    return [this.#sealing(confirmedName, [mark, ...others].slice(0, maxConfirmed))];
  }

  signedOut(request: HttpRequest): boolean {
    return readCookies(request.headers.cookie).has(this.#cookies.name(signedOutName));
  }

  /** Returns the Set-Cookie value after an explicit sign-out. */
  signingOut(): string {
    return this.#cookies.set(signedOutName, '1', halfDay);
  }

  /** Returns the Set-Cookie value after the next sign-in. */
  signingIn(): string {
    return this.#cookies.clear(signedOutName);
  }

  #sealed(request: HttpRequest, name: string): string[] {
    const sealed = readCookies(request.headers.cookie).get(this.#cookies.name(name));
    if (sealed === undefined) return [];
    try {
      return this.#vault.open(`cis2-${name}`, sealed).split(' ');
    } catch {
      return [];
    }
  }

  #sealing(name: string, values: readonly string[]): string {
    return this.#cookies.set(name, this.#vault.seal(`cis2-${name}`, values.join(' ')), year);
  }
}
