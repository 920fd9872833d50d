import { setTimeout } from 'node:timers/promises';
import { reasonOf } from '@alongside/kernel/errors';
import { OperatorError } from '@alongside/kernel/operator';
import { Browser, type Callback, type Exchange, type Landing, type Page } from '../../kit/browser.ts';
import { contentOf, formOf, textOf } from '../../kit/markup.ts';
import { pagePaths } from '../../signing/parts.ts';
import type { ProviderSide, Registration } from './provider.ts';

/** How the application signs users in: at CIS2 itself, or at the API platform. */
export type Pattern = 'separate' | 'combined';

export interface UserBehaviour {
  pin: string;
  /** Refuses when a page asks. */
  refuses?: boolean;
}

/** Completes a page of CIS2 or of the Identity Agent like a user; returns the same page if there is nothing to do. */
export async function answerPage(page: Page, browser: Browser, manner: UserBehaviour): Promise<Landing> {
  const form = formOf(page);
  if (!form) return page;
  const answer = (name: string, value: string) =>
    browser.submit(page, {
      ...form,
      fields: [...form.fields.filter(([field]) => field !== name), [name, value]],
    });
  const role = form.fields.find(([name]) => name === 'role');
  if (role && !manner.refuses) return answer(...role);
  if (form.fields.some(([name]) => name === 'pin')) return answer('pin', manner.pin);
  if (/name="answer" value="yes"/.test(page.body)) return answer('answer', manner.refuses ? 'cancel' : 'yes');
  if (/name="how" value="yes"/.test(page.body)) return answer('how', manner.refuses ? 'cancel' : 'yes');
  if (/name="authenticator" value="smartcard"/.test(page.body))
    return manner.refuses ? answer('cancel', '1') : answer('authenticator', 'smartcard');
  return page.body.includes('Do you want to sign out?') ? browser.submit(page, form) : page;
}

/** Facts about the application from the first sign-in. */
export interface FirstSignIn {
  pattern: Pattern;
  clientId: string;
  registration: Registration | undefined;
  /** The authorization request; undefined if its parameters do not pass through the browser (RFC 9126, RFC 9101). */
  request: URLSearchParams | undefined;
  /** Text that only a signed-in page shows. */
  text: string;
  page: string;
}

/** The application's reaction to a response of CIS2. */
export interface Reaction {
  landing: Landing;
  /** Whether the user is now signed in at the application. */
  signedIn: boolean;
}

/** A sign-in that did not reach the application, with a reason. */
export class Stranded extends Error {}

/** Errors with which CIS2 reports its own problems (RFC 6749 section 4.1.2.1). */
const ofPlatform: readonly string[] = ['server_error', 'temporarily_unavailable'];

const maxPages = 8;

export const shows = (body: string, text: string): boolean =>
  contentOf(body).toLowerCase().includes(text.toLowerCase());

/** Returns whether the browser is on a page that shows a text. */
export const landingShows = (landing: Landing, text: string): boolean =>
  landing.kind === 'page' && shows(landing.body, text);

interface TrialSettings {
  provider: ProviderSide;
  start: string;
  cis2Issuer: string;
  api: string;
  signal: AbortSignal;
  keyCache: number;
  signOut?: string | undefined;
  sign?: string | undefined;
  signed?: string | undefined;
}

/** The application under test, with the user and the browsers. */
export class Trial {
  readonly provider: ProviderSide;
  /** Address that starts a sign-in. */
  readonly start: string;
  /** The authorization endpoints: that of CIS2, and those of the API platform. */
  readonly endpoints: readonly string[];
  /** CIS2's end-session endpoint. */
  readonly endSession: string;
  /** Address that starts a sign-out, if given. */
  readonly signOut: string | undefined;
  /** Address that starts a signature, if given. */
  readonly sign: string | undefined;
  /** A text that only the page after a signature shows, if given. */
  readonly signed: string | undefined;
  /** The page of the signing service that asks for a signature. */
  readonly presence: string;
  /** What the application shows after a signature; null if it cannot sign, undefined before it was tried. */
  signedText: string | null | undefined;
  /** Milliseconds for which an application may use its cached keys. */
  readonly keyCache: number;
  /** Whether CIS2 changed its signing key in this run, so that its key set has several. */
  keyChanged = false;
  /** Whether the application accepted a new key at once. */
  takesNewKeys = false;
  readonly #signal: AbortSignal;
  #exchanges: Exchange[] = [];
  #known: FirstSignIn | undefined;

  constructor({ provider, start, cis2Issuer, api, signal, keyCache, signOut, sign, signed }: TrialSettings) {
    this.provider = provider;
    this.start = start;
    this.endpoints = [
      `${cis2Issuer}/authorize`,
      ...['/oauth2', '/oauth2-mock', '/oauth2.1'].map((base) => `${api}${base}/authorize`),
    ];
    this.endSession = `${cis2Issuer}/connect/endSession`;
    this.signOut = signOut;
    this.sign = sign;
    this.signed = signed;
    this.presence = api + pagePaths.presence;
    this.keyCache = keyCache;
    this.#signal = signal;
  }

  get known(): FirstSignIn {
    if (!this.#known) throw new Stranded('The first sign-in did not succeed.');
    return this.#known;
  }

  /** Undefined before the first sign-in succeeded. */
  get ifKnown(): FirstSignIn | undefined {
    return this.#known;
  }

  learn(known: FirstSignIn): void {
    this.#known = known;
  }

  /** Makes CIS2 sign with a new key. */
  async changeKey(): Promise<void> {
    await this.provider.rotateKeys();
    this.keyChanged = true;
  }

  async pause(milliseconds: number): Promise<void> {
    await setTimeout(milliseconds, undefined, { signal: this.#signal });
  }

  browser(): Browser {
    return new Browser([], this.#signal, (exchange) => this.#exchanges.push(exchange));
  }

  /** Returns what the browsers sent and received since the last call. */
  takeExchanges(): Exchange[] {
    const exchanges = this.#exchanges;
    this.#exchanges = [];
    return exchanges;
  }

  /** Begins a sign-in, up to the authorization endpoint. */
  async begin(browser: Browser): Promise<Callback> {
    browser.stopAt(...this.endpoints);
    const landing = await browser.go(this.start);
    if (landing.kind === 'callback') return landing;
    throw new Stranded(
      `${this.start} led to ${landing.url.href} (status ${landing.status}) and not to CIS2 at ${this.endpoints[0]} or the API platform: give the address that starts a sign-in, of an application that is registered here`,
    );
  }

  /** Completes a sign-in at CIS2, up to the application's callback, without calling it. */
  async toCallback(browser: Browser): Promise<Callback> {
    await this.provider.signInAtDesk();
    const asked = await this.begin(browser);
    browser.stopAt(...(await this.#callbacksOf(asked)));
    const landing = await this.answerPages(await browser.deliver(asked), browser);
    if (landing.kind === 'page') throw await this.#strandedAt(landing);
    const error = landing.parameters.get('error');
    if (error !== null && ofPlatform.includes(error))
      throw new OperatorError(
        `The sign-in failed with ${error}, ${landing.parameters.get('error_description') ?? 'without a description'}: the application is not at fault. Look at the instance: alongside doctor.`,
      );
    if (error !== null)
      throw new Stranded(
        `The request was refused: ${error}, ${landing.parameters.get('error_description') ?? 'without a description'}`,
      );
    return landing;
  }

  /** Answers the pages of the instance like a user. Returns the first page without a question, or of another origin. */
  async answerPages(first: Landing, browser: Browser): Promise<Landing> {
    const origins = await this.provider.origins();
    let landing = first;
    for (let pages = 0; pages < maxPages; pages++) {
      // The PIN is for no page of the application under test.
      if (landing.kind !== 'page' || !origins.has(landing.url.origin)) break;
      const next = await answerPage(landing, browser, { pin: this.provider.pin });
      if (next === landing) break;
      landing = next;
    }
    return landing;
  }

  /** Sends the browser back to the application with a response. */
  async deliver(browser: Browser, answer: Callback): Promise<Reaction> {
    browser.stopAt(...this.endpoints);
    const landing = await browser.deliver(answer);
    const signedIn = landingShows(landing, this.known.text) || (await this.isSignedIn(browser));
    return { landing, signedIn };
  }

  async signIn(): Promise<Reaction & { browser: Browser; answer: Callback }> {
    const browser = this.browser();
    const answer = await this.toCallback(browser);
    return { browser, answer, ...(await this.deliver(browser, answer)) };
  }

  /** Completes a sign-in without a fault. Throws Stranded if it does not succeed. */
  async mustSignIn(): Promise<{ browser: Browser }> {
    const { browser, signedIn } = await this.signIn();
    if (!signedIn) throw new Stranded('A sign-in without any fault did not succeed this time.');
    return { browser };
  }

  /** Opens the page for signed-in users. */
  visit(browser: Browser): Promise<Landing> {
    browser.stopAt(...this.endpoints);
    return browser.go(this.known.page);
  }

  /** Returns whether the user is signed in at the application in this browser. */
  async isSignedIn(browser: Browser): Promise<boolean> {
    return landingShows(await this.visit(browser), this.known.text);
  }

  /** Interprets a page of CIS2 that ended a sign-in: only some refusals are the application's fault. */
  async #strandedAt(page: Page): Promise<Error> {
    const refusal = await this.provider.refusal(String(page.headers['x-message-id'] ?? ''));
    const shown = `CIS2 did not send the browser back but showed a page (status ${page.status} at ${page.url.href})`;
    const reason = refusal
      ? `${refusal.detail || refusal.description}. ${refusal.fix}`
      : shownText(page.body);
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

export const shownText = (body: string): string => textOf(body).replace(/\s+/g, ' ').trim().slice(0, 160);

/** Describes the browser's current page for a report. */
export const landingText = (landing: Landing): string =>
  landing.kind === 'callback'
    ? 'It began another sign-in.'
    : `It answered ${landing.status} at ${landing.url.pathname}.`;

export const reasonSentence = (error: unknown): string => reasonOf(error).replace(/\.?$/, '.');
