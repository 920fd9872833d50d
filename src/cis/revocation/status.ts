export type RevocationStatus = { revoked: false } | { revoked: true; reason: string };

/** Thrown if a CRL or an OCSP response is missing, unreadable or untrusted. The message is for the log. */
export class StatusUnknown extends Error {
  override name = 'StatusUnknown';
}

/** Tolerance for the clocks of other authorities in milliseconds. */
const clockSkew = 60_000;

/**
 * Checks the age of a CRL or an OCSP response. Times in milliseconds.
 * @param freshness maximum age in seconds
 * @throws StatusUnknown
 */
export function requireFresh(
  { thisUpdate, nextUpdate }: { thisUpdate: number; nextUpdate: number | undefined },
  freshness: number,
  now: number,
): void {
  if (thisUpdate > now + clockSkew) throw new StatusUnknown('it is from the future');
  if (nextUpdate !== undefined && nextUpdate < now - clockSkew)
    throw new StatusUnknown('its next update is overdue');
  if (now - thisUpdate > freshness * 1_000 + clockSkew)
    throw new StatusUnknown(`it is older than ${freshness} s`);
}

/** The reasons of revocation by their numbers (RFC 5280 section 5.3.1). */
const reasons = [
  'unspecified',
  'keyCompromise',
  'cACompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'certificateHold',
  '',
  'removeFromCRL',
  'privilegeWithdrawn',
  'aACompromise',
];

export const reasonName = (number: number): string => reasons[number] || 'unspecified';

/** Returns the number of a reason; undefined for `unspecified`, which is omitted, and for unknown reasons. */
export const reasonNumber = (reason: string | null): number | undefined => {
  const number = reasons.indexOf(reason || 'unspecified');
  return number > 0 ? number : undefined;
};
