import { type CookieNames, readCookies } from '@alongside/kernel/cookies';
import type { HttpRequest } from '@alongside/kernel/http';
import type { Vault } from '@alongside/kernel/secrets';

const metName = 'agents';
const signedOutName = 'signed-out';
const year = 31_536_000;
const halfDay = 43_200;
/** Maximum number of agents to remember. A workstation has one. */
const mostAgents = 4;

/** Cookies about the past of a browser: the agents that it met, and whether a user signed out. */
export class BrowserMarks {
  readonly #cookies: CookieNames;
  readonly #vault: Vault;

  constructor(cookies: CookieNames, vault: Vault) {
    this.#cookies = cookies;
    this.#vault = vault;
  }

  /** Returns the ids of agents through which users signed in in this browser. */
  metAgents(request: HttpRequest): string[] {
    const sealed = readCookies(request.headers.cookie).get(this.#cookies.name(metName));
    if (sealed === undefined) return [];
    try {
      return this.#vault.open('cis2-agents', sealed).split(' ');
    } catch {
      return [];
    }
  }

  /** Returns the Set-Cookie value that adds an agent. */
  meeting(request: HttpRequest, agentId: string): string {
    const others = this.metAgents(request).filter((id) => id !== agentId);
    const agents = [agentId, ...others].slice(0, mostAgents);
    return this.#cookies.set(metName, this.#vault.seal('cis2-agents', agents.join(' ')), year);
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
}
