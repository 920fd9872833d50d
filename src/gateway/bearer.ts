import { faults } from './faults.ts';

/** What an Authorization header presents. */
export interface Presented {
  /** The scheme as it was written. */
  scheme: string;
  token: string;
}

/**
 * Reads an Authorization header in the published order of its faults. Nothing of it may reach a log:
 * even its first word can be a token that somebody forgot to prefix.
 */
export function readAuthorization(header: string | undefined): Presented {
  if (header === undefined) throw faults.missingAuthorization();
  const words = header.trim().split(/[ \t]+/);
  const [scheme = '', ...rest] = words;
  if (scheme === '') throw faults.emptyAuthorization();
  if (rest.length === 0) throw faults.missingToken();
  if (scheme.toLowerCase() !== 'bearer')
    throw faults.wrongTokenType('the scheme is not Bearer', { type: scheme });
  return { scheme, token: rest.join(' ') };
}
