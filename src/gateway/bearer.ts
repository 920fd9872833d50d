import { faults } from './faults.ts';

/** What an Authorization header presents. */
export interface Presented {
  /** The scheme as it was written. */
  written: string;
  /** The scheme without its case. */
  scheme: 'bearer' | 'dpop';
  token: string;
}

/**
 * Reads an Authorization header in the published order of its faults. Nothing of it may reach a log:
 * even its first word can be a token that somebody forgot to prefix.
 */
export function readAuthorization(header: string | undefined): Presented {
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
