import { readFileSync } from 'node:fs';
import { createExchange, type Exchange } from '../exchange.ts';
import type { LocalKey } from '../keys.ts';
import { signInAtCis2 } from '../native.ts';
import type { SignInWindowOptions } from '../sign-in-window.ts';
import type { TokenSet } from '../tokens.ts';
import { type FlagValues, textOf, usage } from './options.ts';

/**
 * Signs a user in with the separate pattern. Returns the tokens of the platform if the flags name its token endpoint, else those of
 * CIS2. Reads the files before it opens a browser.
 */
export async function signInSeparately(
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
  return exchange ? exchange.exchange(tokens.idToken ?? '') : tokens;
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
    const jwk = JSON.parse(content);
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
