import { faults } from './errors/catalogue.ts';

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
  if (header === undefined) throw faults.missingAuthorization();
  const words = header.trim().split(/[ \t]+/);
  const [written = '', ...rest] = words;
  if (written === '') throw faults.emptyAuthorization();
  if (rest.length === 0) throw faults.missingToken();
  const scheme = written.toLowerCase();
  if (scheme !== 'bearer' && scheme !== 'dpop')
    throw faults.wrongTokenType('the scheme is neither Bearer nor DPoP', { type: written });
  return { written, scheme, token: rest.join(' ') };
}
