import { setTimeout } from 'node:timers/promises';
import { reasonOf } from '@alongside/kernel/errors';
import { OperatorError } from '@alongside/kernel/operator';
import { Browser, type Callback, type Landing, type Page } from './browser.ts';
import { contentOf, textOf } from './markup.ts';
import { answerPage } from './person.ts';
import type { ProviderSide, Registration } from './provider.ts';

/** What the first sign-in told of the application. */
export interface Known {
  clientId: string;
  registration: Registration | undefined;
  /** The authorization request; undefined when its parameters do not pass through the browser (RFC 9126, RFC 9101). */
  request: URLSearchParams | undefined;
  /** Text that only a signed-in page shows. */
  text: string;
  /** Address of a page that shows it. */
  page: string;
}

/** What the application made of an answer of CIS2. */
export interface Reaction {
  landing: Landing;
  /** Whether the person is signed in at the application now. */
  signedIn: boolean;
}

/** A sign-in that did not come as far as the application; the reason is a sentence. */
export class Stranded extends Error {}

/** Errors with which CIS2 says that it cannot, whatever was asked (RFC 6749 section 4.1.2.1). */
const ofPlatform: readonly string[] = ['server_error', 'temporarily_unavailable'];

const mostPages = 8;

/** Whether a page shows a text. */
export const shows = (body: string, text: string): boolean =>
  contentOf(body).toLowerCase().includes(text.toLowerCase());

/** Whether a landing is a page that shows a text. */
export const landingShows = (landing: Landing, text: string): boolean =>
  landing.kind === 'page' && shows(landing.body, text);

interface TrialSettings {
  provider: ProviderSide;
  start: string;
  cis2Issuer: string;
  signal: AbortSignal;
  patience: number;
  signOut?: string | undefined;
}

/** An application under check, and the person and the browsers that try it. */
export class Trial {
  readonly provider: ProviderSide;
  /** Where a sign-in begins. */
  readonly start: string;
  /** The authorization endpoint of CIS2. */
  readonly endpoint: string;
  /** Where CIS2 is asked to end a session. */
  readonly endSession: string;
  /** Where a sign-out begins, if the caller says so. */
  readonly signOut: string | undefined;
  /** Milliseconds for which an application may go on with the keys that it has. */
  readonly patience: number;
  /** CIS2 changed its signing key in this run, so that its key set has several. */
  keyChanged = false;
  /** The application took up a new key at once. */
  takesNewKeys = false;
  readonly #signal: AbortSignal;
  #known: Known | undefined;

  constructor({ provider, start, cis2Issuer, signal, patience, signOut }: TrialSettings) {
    this.provider = provider;
    this.start = start;
    this.endpoint = `${cis2Issuer}/authorize`;
    this.endSession = `${cis2Issuer}/connect/endSession`;
    this.signOut = signOut;
    this.patience = patience;
    this.#signal = signal;
  }

  get known(): Known {
    if (!this.#known) throw new Stranded('The first sign-in did not succeed.');
    return this.#known;
  }

  learn(known: Known): void {
    this.#known = known;
  }

  /** A new key of CIS2 signs from now on. */
  async changeKey(): Promise<void> {
    await this.provider.rotateKeys();
    this.keyChanged = true;
  }

  async pause(milliseconds: number): Promise<void> {
    await setTimeout(milliseconds, undefined, { signal: this.#signal });
  }

  browser(): Browser {
    return new Browser([], this.#signal);
  }

  /** Begins a sign-in: as far as the authorization endpoint. */
  async begin(browser: Browser): Promise<Callback> {
    browser.stopAt(this.endpoint);
    const landing = await browser.go(this.start);
    if (landing.kind === 'callback') return landing;
    throw new Stranded(
      `${this.start} led to ${landing.url.href} (status ${landing.status}) and not to CIS2 at ${this.endpoint}: give the address that starts a sign-in, of an application that is registered here`,
    );
  }

  /** A whole sign-in at CIS2: as far as the application's callback, which it does not reach yet. */
  async toCallback(browser: Browser): Promise<Callback> {
    await this.provider.signInAtDesk();
    const asked = await this.begin(browser);
    browser.stopAt(...(await this.#callbacksOf(asked)));
    let landing = await browser.deliver(asked);
    for (let pages = 0; landing.kind === 'page' && pages < mostPages; pages++) {
      const next = await answerPage(landing, browser, { pin: this.provider.pin });
      if (next === landing) break;
      landing = next;
    }
    if (landing.kind === 'page') throw await this.#strandedAt(landing);
    const error = landing.parameters.get('error');
    if (error !== null && ofPlatform.includes(error))
      throw new OperatorError(
        `CIS2 failed with ${error}, ${landing.parameters.get('error_description') ?? 'without a description'}: the application is not at fault. Look at the instance: alongside doctor.`,
      );
    if (error !== null)
      throw new Stranded(
        `CIS2 refused the request: ${error}, ${landing.parameters.get('error_description') ?? 'without a description'}`,
      );
    return landing;
  }

  /** Sends the browser back to the application with an answer. */
  async deliver(browser: Browser, answer: Callback): Promise<Reaction> {
    browser.stopAt(this.endpoint);
    const landing = await browser.deliver(answer);
    const signedIn = landingShows(landing, this.known.text) || (await this.isSignedIn(browser));
    return { landing, signedIn };
  }

  /** A whole sign-in in a browser of its own. */
  async signIn(): Promise<Reaction & { browser: Browser; answer: Callback }> {
    const browser = this.browser();
    const answer = await this.toCallback(browser);
    return { browser, answer, ...(await this.deliver(browser, answer)) };
  }

  /** Goes to the page for people who are signed in. */
  visit(browser: Browser): Promise<Landing> {
    browser.stopAt(this.endpoint);
    return browser.go(this.known.page);
  }

  /** Whether the application knows the person in this browser. */
  async isSignedIn(browser: Browser): Promise<boolean> {
    return landingShows(await this.visit(browser), this.known.text);
  }

  /** What a page of CIS2 that ended a sign-in means: only some refusals are the application's. */
  async #strandedAt(page: Page): Promise<Error> {
    const refusal = await this.provider.refusal(String(page.headers['x-message-id'] ?? ''));
    const shown = `CIS2 did not send the browser back but showed a page (status ${page.status} at ${page.url.href})`;
    const reason = refusal ? `${refusal.detail || refusal.description}. ${refusal.fix}` : wordsOf(page.body);
    const isOurs = page.status >= 500 || (refusal !== undefined && refusal.actor !== 'developer');
    return isOurs
      ? new OperatorError(`${shown}, and the application is not at fault: ${reason}`)
      : new Stranded(`${shown}: ${reason}`);
  }

  async #callbacksOf({ parameters }: Callback): Promise<string[]> {
    const redirectUri = parameters.get('redirect_uri');
    if (redirectUri !== null && URL.canParse(redirectUri)) return [redirectUri];
    return (await this.provider.registration(parameters.get('client_id') ?? ''))?.redirectUris ?? [];
  }
}

/** The beginning of what a page says. */
export const wordsOf = (body: string): string => textOf(body).replace(/\s+/g, ' ').trim().slice(0, 160);

/** Where a browser ended, for a report. */
export const placeOf = (landing: Landing): string =>
  landing.kind === 'callback'
    ? 'It sent the browser to CIS2 again.'
    : `It answered ${landing.status} at ${landing.url.pathname}.`;

export const reasonInWords = (error: unknown): string => reasonOf(error).replace(/\.?$/, '.');
