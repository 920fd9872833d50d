import type { X509Certificate } from 'node:crypto';

/** An authority of others whose cards are taken here, and how their revocation is found out. */
export interface ExternalIssuer {
  /** Its name for the log. */
  name: string;
  /** Of the key that signs the cards' certificates: pinned, no path is built. */
  certificate: X509Certificate;
  /** OIDs of certificate policies of which a card must have one; any will do when there are none. */
  policies: readonly string[];
  /** Responder (RFC 6960); asked first. */
  ocspUrl?: string;
  /** List of revoked certificates (RFC 5280 section 5). */
  crlUrl?: string;
  /** What happens when neither can be had: `hard` refuses the card, `soft` takes it and says so in the log. */
  failMode: 'hard' | 'soft';
  /** Seconds that a list or an answer may be old, whatever it says itself. */
  freshness: number;
}

/** Seconds: how old a statement may be unless an issuer is configured otherwise. */
export const usualFreshness = 86_400;

/** Seconds that the clocks of others may be off. */
const clockSkew = 60;

/** What a statement that could not be had, read or believed was missing, in words for the log. */
export class StatusUnknown extends Error {
  override name = 'StatusUnknown';
}

/** What is found out about one certificate. */
export type Finding = { revoked: false } | { revoked: true; reason: string };

/** Whether a statement of this age may be believed. Throws StatusUnknown. Times in milliseconds. */
export function requireFresh(
  statement: { thisUpdate: number; nextUpdate: number | undefined },
  freshness: number,
  now: number,
): void {
  const skew = clockSkew * 1_000;
  if (statement.thisUpdate > now + skew) throw new StatusUnknown('it is from the future');
  if (statement.nextUpdate !== undefined && statement.nextUpdate < now - skew)
    throw new StatusUnknown('its next update is overdue');
  if (now - statement.thisUpdate > freshness * 1_000 + skew)
    throw new StatusUnknown(`it is older than ${freshness} s`);
}
