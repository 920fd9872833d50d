import type { CallbackInput } from './callback.ts';
import { readCallback } from './callback.ts';
import type { Clock } from './clock.ts';
import { systemClock } from './clock.ts';
import type { Combined } from './combined.ts';
import { withQuery } from './config.ts';
import { ClientError, OAuthError } from './errors.ts';
import type { Abortable } from './http.ts';
import { createProofKey, sha256 } from './proof-key.ts';
import { randomToken, sameSecret } from './secrets.ts';
import type { SignInWindowOptions } from './sign-in-window.ts';
import { signInInWindow } from './sign-in-window.ts';
import { TokenSet } from './tokens.ts';
import { TRANSACTION_LIFETIME_MS } from './transaction.ts';

/**
 * A native application in the `nhs` profile. That profile has confidential clients only, so a back end of the
 * supplier keeps the secret and the tokens, and the desktop gets a single-use ticket.
 *
 *     desktop    signInThroughBackend()   requests an address from the back end and opens the browser there
 *     back end   startBackendFlow()       begins the combined sign-in and stores the desktop's address
 *     back end   finishBackendFlow()      at its registered callback: redeems the code, creates the ticket,
 *                                         redirects the browser to the desktop's loopback address
 *     desktop                             sends the ticket and its proof to the back end
 *     back end   redeemBackendTicket()    returns the tokens, for a session of the back end
 *
 * The ticket passes through a browser, but the proof does not, so the ticket alone is useless.
 */
export interface BackendSettings {
  combined: Combined;
  store: OnceStore;
  clock?: Clock | undefined;
}

/** Stores single-use values. With several processes, use the application's database. */
export interface OnceStore {
  /** Stores a secret value under a key until a time in milliseconds since the epoch. */
  put(key: string, value: string, until: number): Promise<void>;
  /** Removes and returns an unexpired value, with one conditional write, so that only one caller gets it. */
  take(key: string): Promise<string | undefined>;
}

/** The desktop's request to begin. */
export interface DesktopRequest {
  /** Its loopback address, `http://127.0.0.1:PORT/...`. */
  redirectUri: string;
  state: string;
  /** The PKCE challenge. */
  challenge: string;
}

const TICKET_LIFETIME_MS = 60_000;

/** Back end: begins a sign-in for a desktop and returns the address for its browser. Throws `callback_invalid`. */
export async function startBackendFlow(
  settings: BackendSettings,
  desktop: DesktopRequest,
  options: { acrValues?: string } = {},
): Promise<{ url: string }> {
  checkDesktop(desktop);
  const { url, state: transaction } = settings.combined.begin(options);
  const { state = '' } = readCallback(url);
  const until = (settings.clock ?? systemClock).now() + TRANSACTION_LIFETIME_MS;
  await settings.store.put(`flow ${sha256(state)}`, JSON.stringify({ transaction, desktop }), until);
  return { url };
}

interface StoredFlow {
  transaction: string;
  desktop: DesktopRequest;
}

/** Result of a flow. */
export interface BackendOutcome {
  /** Redirect the browser to this address (302). */
  redirectTo: string;
  /** The error, for the back end's log; the desktop gets only its code. */
  error?: ClientError;
}

/**
 * Back end: finishes a sign-in at the registered callback and returns the redirect for the browser (302). An error is passed to
 * the desktop as `error` (`server_error` unless the authorisation service refused), so that it stops waiting. Throws
 * `state_mismatch` for an unknown flow.
 */
export async function finishBackendFlow(
  settings: BackendSettings,
  callback: CallbackInput,
  options?: Abortable,
): Promise<BackendOutcome> {
  const { state = '' } = readCallback(callback);
  const kept = await settings.store.take(`flow ${sha256(state)}`);
  if (kept === undefined)
    throw new ClientError('state_mismatch', 'There is no sign-in under way with this state.');
  const { transaction, desktop }: StoredFlow = JSON.parse(kept);
  try {
    const tokens = await settings.combined.finish(callback, transaction, options);
    const ticket = randomToken();
    const until = (settings.clock ?? systemClock).now() + TICKET_LIFETIME_MS;
    const value = JSON.stringify({ challenge: desktop.challenge, tokens: tokens.reveal() });
    await settings.store.put(`ticket ${sha256(ticket)}`, value, until);
    return { redirectTo: withQuery(desktop.redirectUri, { ticket, state: desktop.state }) };
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    const word = error instanceof OAuthError ? error.error : 'server_error';
    return { redirectTo: withQuery(desktop.redirectUri, { error: word, state: desktop.state }), error };
  }
}

/** Back end: redeems a ticket once. Throws `ticket_invalid` if it is unknown, used, expired or not proven. */
export async function redeemBackendTicket(
  settings: BackendSettings,
  ticket: string,
  verifier: string,
): Promise<TokenSet> {
  const kept = await settings.store.take(`ticket ${sha256(ticket)}`);
  const { challenge, tokens }: { challenge?: string; tokens?: unknown } = JSON.parse(kept ?? '{}');
  if (challenge === undefined || !sameSecret(sha256(verifier), challenge))
    throw new ClientError(
      'ticket_invalid',
      "The ticket is unknown, used, too old, or another application's.",
    );
  return TokenSet.restore(tokens);
}

/** The desktop's calls to its back end. */
export interface BackendCalls<T> {
  /** Asks the back end to begin a sign-in; returns the address from its response. */
  start(request: DesktopRequest): Promise<string>;
  /** Sends the ticket with its proof; returns the back end's response, for example its session. */
  redeem(ticket: string, verifier: string): Promise<T>;
}

/** Desktop: signs in through the back end. Throws as `signInNative` does. */
export async function signInThroughBackend<T>(options: SignInWindowOptions & BackendCalls<T>): Promise<T> {
  const state = randomToken();
  const proof = createProofKey();
  return signInInWindow(options, {
    address: async (redirectUri) => ({
      url: await options.start({ redirectUri, state, challenge: proof.challenge }),
      state,
    }),
    async redeem(answer) {
      const { state: given = '', error } = readCallback(answer);
      if (!sameSecret(given, state))
        throw new ClientError(
          'state_mismatch',
          'The answer does not belong to this sign-in (its state differs).',
        );
      if (error !== undefined) throw new OAuthError({ error });
      const tickets = answer.getAll('ticket');
      if (tickets.length !== 1 || !tickets[0])
        throw new ClientError('callback_invalid', 'The answer has no ticket.');
      return options.redeem(tickets[0], proof.verifier);
    },
  });
}

// RFC 8252 section 7.3: only loopback addresses are allowed.
function checkDesktop(desktop: DesktopRequest): void {
  const loopback = /^http:\/\/(127\.0\.0\.1|\[::1\]):\d{1,5}\/[A-Za-z0-9/_.-]*$/.test(desktop.redirectUri);
  const proven =
    /^[A-Za-z0-9_-]{43}$/.test(desktop.challenge) && /^[A-Za-z0-9_-]{22,128}$/.test(desktop.state);
  if (!loopback || !proven)
    throw new ClientError('callback_invalid', 'The address of the desktop is not on loopback.');
}
