import { spawn } from 'node:child_process';
import { type Clock, systemClock } from './clock.ts';
import { ClientError, OAuthError } from './errors.ts';
import { type FreshTokens, keepFresh } from './fresh.ts';
import { TokenSet } from './tokens.ts';

/** A place where the operating system protects a text for this user: `safeStorage` of Electron, DPAPI, a key ring. */
export interface SecretStore {
  /** Returns the text, or undefined if there is none. */
  read(): Promise<string | undefined>;
  write(text: string): Promise<void>;
  remove(): Promise<void>;
}

/** Programs of a store. The text goes through standard output and input, never through an argument, which other users can see. */
export interface StoreCommands {
  /** Prints the text; an exit code other than 0 means that there is none. */
  read: readonly [program: string, ...args: string[]];
  write: readonly [program: string, ...args: string[]];
  remove: readonly [program: string, ...args: string[]];
}

export interface KeptTokensSettings {
  store: SecretStore;
  /** Signs the person in if no usable tokens are kept, for example with `native.signIn`. */
  signIn: () => Promise<TokenSet>;
  refresh: (tokens: TokenSet) => Promise<TokenSet>;
  clock?: Clock | undefined;
}

const LONGEST_OUTPUT = 262_144;
const LONGEST_WAIT_MS = 10_000;

/**
 * Returns the tokens that an earlier run of the application kept, or signs the person in. Each new set is stored before it is used. If
 * another process keeps the same tokens and has renewed them, that set is used, because a refresh token is single use. Tokens that the
 * server refuses to renew are removed, so that the next start signs in. Throws what `signIn` and the store throw.
 */
export async function keptTokens({
  store,
  signIn,
  refresh,
  clock = systemClock,
}: KeptTokensSettings): Promise<FreshTokens> {
  const write = (tokens: TokenSet) => store.write(JSON.stringify(tokens.reveal()));
  const kept = restored(await store.read());
  let tokens = kept?.canRefresh(clock) ? kept : undefined;
  if (!tokens) {
    tokens = await signIn();
    await write(tokens);
  }
  const ofOthers = new WeakSet<TokenSet>();
  const newerThan = async ({ refreshToken }: TokenSet): Promise<TokenSet | undefined> => {
    const found = restored(await store.read());
    return found?.canRefresh(clock) && found.refreshToken !== refreshToken ? found : undefined;
  };
  const taken = (tokens: TokenSet): TokenSet => {
    ofOthers.add(tokens);
    return tokens;
  };
  const renew = async (old: TokenSet): Promise<TokenSet> => {
    const newer = await newerThan(old);
    if (newer && newer.secondsLeft(clock) > 0) return taken(newer);
    const latest = newer ?? old;
    try {
      return await refresh(latest);
    } catch (error) {
      if (!isOver(error)) throw error;
      // Another process may have spent the refresh token in this moment.
      const renewed = await newerThan(latest);
      if (renewed) return taken(renewed);
      await store.remove();
      throw error;
    }
  };
  const onChange = async (changed: TokenSet) => {
    if (!ofOthers.has(changed)) await write(changed);
  };
  return keepFresh(tokens, renew, { onChange, clock });
}

const isOver = (error: unknown): boolean =>
  error instanceof OAuthError
    ? error.error === 'invalid_grant'
    : error instanceof ClientError && error.code === 'sign_in_required';

function restored(text: string | undefined): TokenSet | undefined {
  if (text === undefined) return undefined;
  try {
    return TokenSet.restore(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Returns a store of programs, such as `secret-tool` of libsecret. Its functions throw `settings_invalid` if a program fails. */
export const commandStore = ({ read, write, remove }: StoreCommands): SecretStore => ({
  async read() {
    const { code, output } = await run(read);
    return code === 0 && output.trim() !== '' ? output.trim() : undefined;
  },
  async write(text) {
    succeeded(write, await run(write, text));
  },
  async remove() {
    succeeded(remove, await run(remove));
  },
});

interface Ended {
  code: number | null;
  output: string;
}

function succeeded([program]: StoreCommands['read'], { code }: Ended): void {
  if (code !== 0)
    throw new ClientError('settings_invalid', `${program} did not store the tokens (exit code ${code}).`);
}

function run([program, ...args]: StoreCommands['read'], input = ''): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: ['pipe', 'pipe', 'ignore'],
      timeout: LONGEST_WAIT_MS,
      windowsHide: true,
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      if (output.length < LONGEST_OUTPUT) output += piece;
    });
    // A program that reads nothing has closed its input.
    child.stdin.on('error', () => undefined);
    child.on('error', (cause) =>
      reject(new ClientError('settings_invalid', `${program} could not be started.`, { cause })),
    );
    child.on('close', (code) => resolve({ code, output }));
    child.stdin.end(input);
  });
}
