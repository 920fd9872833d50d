import type { CallbackInput } from './callback.ts';
import { readCallback } from './callback.ts';
import type { Clock } from './clock.ts';
import { systemClock } from './clock.ts';
import type { Combined } from './combined.ts';
import { withQuery } from './config.ts';
import { ClientError, OAuthError } from './errors.ts';
import { createProofKey } from './pkce.ts';
import { randomToken, sameSecret, sha256 } from './secrets.ts';
import type { SignInWindowOptions } from './sign-in-window.ts';
import { signInInWindow } from './sign-in-window.ts';
import { TokenSet } from './tokens.ts';
import { TRANSACTION_LIFETIME_MS } from './transaction.ts';

/**
 * A native application in the `nhs` profile: that profile has confidential clients only, so a back end of the
 * supplier holds the secret and the tokens, and the desktop gets a ticket that is good once.
 *
 *     desktop    signInThroughBackend()   asks the back end for an address, opens the browser on it
 *     back end   startBackendFlow()       begins the combined sign-in, remembers where the desktop listens
 *     back end   finishBackendFlow()      at its registered callback: redeems the code, makes the ticket,
 *                                         sends the browser on to the desktop's loopback address
 *     desktop                             hands the ticket and its proof to the back end
 *     back end   redeemBackendTicket()    gives out the tokens, to be kept under a session of the back end
 *
 * The ticket travels through a browser; the proof does not, so the ticket alone is worth nothing.
 */
export interface BackendSettings {
  combined: Combined;
  store: OnceStore;
  clock?: Clock;
}

/** Keeps values that are taken once; back it with the application's database when there is more than one process. */
export interface OnceStore {
  /** Keeps a secret value under a key until a time in milliseconds since the epoch. */
  put(key: string, value: string, until: number): Promise<void>;
  /** Removes and returns a value that has not run out; one conditional write, so that one caller gets it. */
  take(key: string): Promise<string | undefined>;
}

/** What the desktop says of itself when it starts. */
export interface DesktopRequest {
  /** Its loopback address, `http://127.0.0.1:PORT/...`. */
  redirectUri: string;
  state: string;
  /** The proof key's challenge. */
  challenge: string;
}

const TICKET_LIFETIME_MS = 60_000;

/** Back end: begins a sign-in for a desktop and gives the address for its browser. Throws `callback_invalid`. */
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

/** Where a finished flow leads. */
export interface BackendOutcome {
  /** Where to send the browser (302). */
  redirectTo: string;
  /** Why there is no ticket, for the back end's log; the desktop is told one word of it. */
  error?: ClientError;
}

/**
 * Back end: ends a sign-in at the registered callback and says where to send the browser (302). What went wrong goes
 * to the desktop as `error` (`server_error` where it was not the authorisation service that refused), so that
 * it does not wait for an answer that never comes. Throws `state_mismatch` for an unknown flow.
 */
export async function finishBackendFlow(
  settings: BackendSettings,
  callback: CallbackInput,
): Promise<BackendOutcome> {
  const { state = '' } = readCallback(callback);
  const kept = await settings.store.take(`flow ${sha256(state)}`);
  if (kept === undefined)
    throw new ClientError('state_mismatch', 'There is no sign-in under way with this state.');
  const { transaction, desktop } = JSON.parse(kept) as { transaction: string; desktop: DesktopRequest };
  try {
    const tokens = await settings.combined.finish(callback, transaction);
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

/** Back end: takes a ticket, once. Throws `ticket_invalid` when it is unknown, used, too old or not proven. */
export async function redeemBackendTicket(
  settings: BackendSettings,
  ticket: string,
  verifier: string,
): Promise<TokenSet> {
  const kept = await settings.store.take(`ticket ${sha256(ticket)}`);
  const { challenge, tokens } = JSON.parse(kept ?? '{}') as { challenge?: string; tokens?: unknown };
  if (challenge === undefined || !sameSecret(sha256(verifier), challenge)) {
    throw new ClientError(
      'ticket_invalid',
      "The ticket is unknown, used, too old, or another application's.",
    );
  }
  return TokenSet.restore(tokens);
}

/** What the desktop calls its back end for. */
export interface BackendCalls<T> {
  /** Has the back end begin a sign-in; gives the address that it answered. */
  start(request: DesktopRequest): Promise<string>;
  /** Hands over the ticket with its proof; gives what the back end answered, for example its session. */
  redeem(ticket: string, verifier: string): Promise<T>;
}

/** Desktop: signs in through the back end. Throws as `signInNative` does. */
export async function signInThroughBackend<T>(options: SignInWindowOptions & BackendCalls<T>): Promise<T> {
  const state = randomToken();
  const proof = createProofKey();
  return signInInWindow(options, {
    address: (redirectUri) => options.start({ redirectUri, state, challenge: proof.challenge }),
    async redeem(answer) {
      const { state: given = '', error } = readCallback(answer);
      if (!sameSecret(given, state)) {
        throw new ClientError(
          'state_mismatch',
          'The answer does not belong to this sign-in (its state differs).',
        );
      }
      if (error !== undefined) throw new OAuthError({ error });
      const tickets = answer.getAll('ticket');
      if (tickets.length !== 1 || !tickets[0])
        throw new ClientError('callback_invalid', 'The answer has no ticket.');
      return options.redeem(tickets[0], proof.verifier);
    },
  });
}

// RFC 8252 section 7.3: the browser is sent to this machine only, whatever a caller asks.
function checkDesktop(desktop: DesktopRequest): void {
  const loopback = /^http:\/\/(127\.0\.0\.1|\[::1\]):\d{1,5}\/[A-Za-z0-9/_.-]*$/.test(desktop.redirectUri);
  const proven =
    /^[A-Za-z0-9_-]{43}$/.test(desktop.challenge) && /^[A-Za-z0-9_-]{22,128}$/.test(desktop.state);
  if (!loopback || !proven)
    throw new ClientError('callback_invalid', 'That is not a desktop that can be answered.');
}
