import { errors } from './errors/catalogue.ts';

/** The contents of an Authorization header. */
export interface PresentedToken {
  /** The scheme as written. */
  written: string;
  /** The scheme in lower case. */
  scheme: 'bearer' | 'dpop';
  token: string;
}

/**
 * Parses an Authorization header in the published order of errors. None of it may be logged: even its first word can be a token
 * without a scheme.
 */
export function readAuthorization(header: string | undefined): PresentedToken {
  if (header === undefined) throw errors.missingAuthorization();
  const words = header.trim().split(/[ \t]+/);
  const [written = '', ...rest] = words;
  if (written === '') throw errors.emptyAuthorization();
  if (rest.length === 0) throw errors.missingToken();
  const scheme = written.toLowerCase();
  if (scheme !== 'bearer' && scheme !== 'dpop')
    throw errors.wrongTokenType('the scheme is neither Bearer nor DPoP', { type: written });
  return { written, scheme, token: rest.join(' ') };
}
