import { readFileSync } from 'node:fs';
import { ClientError } from '../errors.ts';
import { createExchange, type Exchange } from '../exchange.ts';
import { keepFresh } from '../fresh.ts';
import type { LocalKey } from '../keys.ts';
import { createNative, type Native, signInAtCis2 } from '../native.ts';
import type { SignInWindowOptions } from '../sign-in-window.ts';
import { TokenSet } from '../tokens.ts';
import {
  browserOf,
  type FlagValues,
  type NativeCommandName,
  readFlags,
  textOf,
  timeoutOf,
  usage,
} from './options.ts';

/**
 * Signs a user in with the separate pattern. Returns the tokens of the platform if the flags name its token endpoint, else those of
 * CIS2. Reads the files before it opens a browser.
 */
async function signInSeparately(
  flags: FlagValues,
  options: SignInWindowOptions & { acrValues: string | undefined },
): Promise<TokenSet> {
  const exchange = exchangeOf(flags);
  const secret = contentOf(flags, 'secret-file')?.trim();
  const { tokens } = await signInAtCis2({
    ...options,
    issuer: String(flags.issuer),
    clientId: String(flags.client),
    scope: textOf(flags.scope) ?? 'openid',
    authentication: secret ? { method: 'client_secret_post', clientSecret: secret } : { method: 'none' },
  });
  return exchange ? exchange.exchange(tokens.idToken ?? '', options) : tokens;
}

function exchangeOf(flags: FlagValues): Exchange | undefined {
  const key = contentOf(flags, 'key-file');
  if (key === undefined) return undefined;
  return createExchange({
    tokenUrl: String(flags['exchange-url']),
    clientId: String(flags['exchange-client']),
    audience: textOf(flags['exchange-audience']),
    key: keyOf(key, textOf(flags['key-id'])),
  });
}

/** Reads a PEM, or a JWK with its own id. */
function keyOf(content: string, named: string | undefined): LocalKey {
  if (!content.trimStart().startsWith('{')) {
    if (named === undefined) throw usage('The flag --key-id is missing: a PEM file does not name its key.');
    return { kid: named, privateKey: content };
  }
  try {
    const jwk = JSON.parse(content.trim());
    return { kid: named ?? String(jwk.kid ?? ''), privateKey: jwk };
  } catch {
    throw usage('The file of --key-file is not a PEM or a JWK.');
  }
}

function contentOf(flags: FlagValues, flag: 'key-file' | 'secret-file'): string | undefined {
  const path = textOf(flags[flag]);
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw usage(`The file of --${flag} could not be read: ${path}.`);
  }
}

/** Where a command reads and writes. */
export interface Terminal {
  /** Prints a line on standard output. */
  line(text: string): void;
  /** Prints a line on standard error. */
  note(text: string): void;
  /** Returns the whole standard input. */
  input(): Promise<string>;
  /** Waits between renewals. */
  wait(milliseconds: number, signal: AbortSignal): Promise<void>;
  signal: AbortSignal;
}

const LONGEST_INPUT = 262_144;
/** Tokens are renewed this long before they expire. */
const MARGIN_SECONDS = 60;
const SHORTEST_WAIT_SECONDS = 5;
/** Between two looks at tokens of unknown lifetime. */
const LONGEST_WAIT_SECONDS = 3_600;

/** Returns an error as sentences: what happened, and what to do. */
export const sentencesOf = ({ message, advice }: ClientError): string =>
  `${message}${/[.!?]$/.test(message) ? '' : '.'} ${advice}`;

/**
 * Runs a command of the native journey. Tokens go to standard output as one JSON line. Throws `settings_invalid` for wrong usage, or
 * an error of the sign-in.
 */
export async function runNativeCommand(
  name: NativeCommandName,
  argv: readonly string[],
  terminal: Terminal,
): Promise<void> {
  const flags = readFlags(name, argv);
  const native = createNative({
    issuer: String(flags.issuer),
    clientId: String(flags.client),
    scope: textOf(flags.scope),
  });
  await ACTIONS[name](native, flags, terminal);
}

type Action = (native: Native, flags: FlagValues, terminal: Terminal) => Promise<void>;

const ACTIONS: Record<NativeCommandName, Action> = {
  'sign-in': async (native, flags, terminal) => {
    terminal.line(lineOf(await signedIn(native, flags, terminal)));
  },

  async token(native, flags, terminal) {
    const tokens = await signedIn(native, flags, terminal);
    if (flags.watch) return watch(native, tokens, flags, terminal);
    terminal.line(flags.json ? lineOf(tokens) : tokens.accessToken);
  },

  async refresh(native, _flags, terminal) {
    terminal.line(lineOf(await native.refresh(tokensIn(await terminal.input()))));
  },

  async revoke(native, _flags, terminal) {
    if (await native.revoke(tokensIn(await terminal.input()))) return;
    throw new ClientError('metadata_invalid', 'The server does not offer revocation.');
  },
};

function signedIn(native: Native, flags: FlagValues, { note, signal }: Terminal): Promise<TokenSet> {
  const options = {
    browser: browserOf(flags, (url) => note(`Open this address in a browser: ${url}`)),
    acrValues: textOf(flags['acr-values']),
    timeoutMs: timeoutOf(flags),
    signal,
  };
  return flags.pattern === 'separate' ? signInSeparately(flags, options) : native.signIn(options);
}

/** Prints the tokens at each renewal until the signal fires. */
async function watch(
  native: Native,
  tokens: TokenSet,
  flags: FlagValues,
  { line, wait, signal }: Terminal,
): Promise<void> {
  const onChange = (renewed: TokenSet) => line(lineOf(renewed));
  const fresh = keepFresh(tokens, native.refresh, { marginSeconds: MARGIN_SECONDS, onChange });
  line(lineOf(tokens));
  try {
    for (;;) {
      const seconds = fresh.current().secondsLeft() - MARGIN_SECONDS + 1;
      await wait(Math.min(Math.max(SHORTEST_WAIT_SECONDS, seconds), LONGEST_WAIT_SECONDS) * 1000, signal);
      await fresh.freshToken();
    }
  } catch (error) {
    const ended = error instanceof ClientError && error.code === 'aborted';
    if (ended && flags.revoke) await native.revoke(fresh.current());
    if (!ended) throw error;
  }
}

/** Returns the tokens as one line, with the names of OAuth. `expires_at` is in seconds since the epoch. */
function lineOf(tokens: TokenSet): string {
  const { accessToken, expiresAt, refreshToken, refreshExpiresAt, scope, sid, idToken } = tokens.reveal();
  return JSON.stringify({
    access_token: accessToken,
    token_type: 'Bearer',
    expires_in: expiresAt && tokens.secondsLeft(),
    expires_at: expiresAt && Math.floor(expiresAt / 1000),
    refresh_token: refreshToken,
    refresh_expires_at: refreshExpiresAt && Math.floor(refreshExpiresAt / 1000),
    scope,
    sid,
    id_token: idToken,
  });
}

/** Reads a line of `sign-in`. */
function tokensIn(text: string): TokenSet {
  const wrong = new ClientError('settings_invalid', 'Standard input is not the line that sign-in printed.', {
    advice: 'Pass it unchanged, for example: refresh ... < tokens.json',
  });
  if (text.length > LONGEST_INPUT) throw wrong;
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    throw wrong;
  }
  const { access_token, expires_at, refresh_token, refresh_expires_at, scope, sid } = (found ?? {}) as Record<
    string,
    unknown
  >;
  const milliseconds = (seconds: unknown) => (typeof seconds === 'number' ? seconds * 1000 : seconds);
  try {
    return TokenSet.restore({
      accessToken: access_token,
      expiresAt: milliseconds(expires_at),
      refreshToken: refresh_token,
      refreshExpiresAt: milliseconds(refresh_expires_at),
      scope,
      sid,
    });
  } catch {
    throw wrong;
  }
}
