import { type CookieNames, readCookies } from '@alongside/kernel/cookies';
import type { HttpRequest } from '@alongside/kernel/http';
import { randomToken } from '@alongside/kernel/ids';
import { callerNetwork } from '@alongside/kernel/networks';
import { sha256, type Vault } from '@alongside/kernel/secrets';

const name = 'known';
const purpose = 'cis2-known-browser';
/** Seconds. */
const year = 31_536_000;
/** People whom a browser is known to have signed in; a shared desk has a few. */
const mostPeople = 8;

/**
 * Browsers in which somebody has signed in with an authenticator app before. That opens nothing: it only keeps guesses of strangers
 * apart from the person's own.
 */
export class KnownBrowsers {
  readonly #cookies: CookieNames;
  readonly #vault: Vault;

  constructor(cookies: CookieNames, vault: Vault) {
    this.#cookies = cookies;
    this.#vault = vault;
  }

  /** Id of this browser, if this account has signed in in it. */
  browserOf(request: HttpRequest, account: string): string | undefined {
    const [browser, ...people] = this.#read(request);
    return people.includes(sha256(account)) ? browser : undefined;
  }

  /** What guesses at an account, and passwords that wait to be checked, are counted by: this browser, if it is known, else its network. */
  placeOf(request: HttpRequest, account: string): string {
    const browser = this.browserOf(request, account);
    return browser === undefined ? `network ${callerNetwork(request.address)}` : `browser ${browser}`;
  }

  /** Set-Cookie value after this account signed in. */
  remembering(request: HttpRequest, account: string): string {
    const [browser = randomToken(12), ...people] = this.#read(request);
    const own = sha256(account);
    const latest = [own, ...people.filter((one) => one !== own)].slice(0, mostPeople);
    return this.#cookies.set(name, this.#vault.seal(purpose, [browser, ...latest].join(' ')), year);
  }

  #read(request: HttpRequest): string[] {
    const sealed = readCookies(request.headers.cookie).get(this.#cookies.name(name));
    if (sealed === undefined) return [];
    try {
      return this.#vault.open(purpose, sealed).split(' ');
    } catch {
      return [];
    }
  }
}
