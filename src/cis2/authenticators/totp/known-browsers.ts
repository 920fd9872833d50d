import { type CookieNames, readCookies } from '@alongside/kernel/cookies';
import type { HttpRequest } from '@alongside/kernel/http';
import { randomToken } from '@alongside/kernel/ids';
import { callerNetwork } from '@alongside/kernel/networks';
import { sha256, type Vault } from '@alongside/kernel/secrets';

const name = 'known';
const purpose = 'cis2-known-browser';
/** Seconds. */
const year = 31_536_000;
/** Accounts in one cookie. Several users share a workstation. */
const maxAccounts = 8;

/**
 * Browsers in which a user has signed in with an authenticator app before. They get no further access; their guesses are only
 * counted apart from those of strangers.
 */
export class KnownBrowsers {
  readonly #cookies: CookieNames;
  readonly #vault: Vault;

  constructor(cookies: CookieNames, vault: Vault) {
    this.#cookies = cookies;
    this.#vault = vault;
  }

  /** Returns the id of this browser if the account has signed in in it. */
  browserOf(request: HttpRequest, account: string): string | undefined {
    const [browser, ...accounts] = this.#read(request);
    return accounts.includes(sha256(account)) ? browser : undefined;
  }

  /** Returns the origin of guesses and queued passwords: this browser if it is known, else its network. */
  placeOf(request: HttpRequest, account: string): string {
    const browser = this.browserOf(request, account);
    return browser === undefined ? `network ${callerNetwork(request.address)}` : `browser ${browser}`;
  }

  /** Returns the Set-Cookie value after this account has signed in. */
  rememberCookie(request: HttpRequest, account: string): string {
    const [browser = randomToken(12), ...accounts] = this.#read(request);
    const own = sha256(account);
    const latest = [own, ...accounts.filter((one) => one !== own)].slice(0, maxAccounts);
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
