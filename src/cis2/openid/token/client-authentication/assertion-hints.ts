import type { DecodedJwt } from '@alongside/kernel/jws';
import type { Cis2Half } from '../../../../oauth/applications.ts';
import { likeness } from '../../../../oauth/likeness.ts';

/** How far the client's clock seems to be from ours, by `iat`; nothing below ten seconds. */
function clockHint({ iat }: DecodedJwt['claims'], now: number): string | undefined {
  if (typeof iat !== 'number' || Math.abs(iat - now) <= 10) return undefined;
  return iat > now
    ? `by its iat the client’s clock is ${iat - now} s ahead of ours`
    : `by its iat it was made ${now - iat} s ago, or the client’s clock is behind ours`;
}

/** What else a developer should look at when an assertion is refused: the traps that suppliers fell into. */
export function assertionHints(
  { header, claims }: DecodedJwt,
  client: Cis2Half,
  { audience, now }: { audience: string; now: number },
): string[] {
  const kids = client.jwks?.keys.map(({ kid }) => kid ?? '(none)');
  const unknown = kids && typeof header.kid === 'string' && !kids.includes(header.kid);
  return [
    likeness(claims.aud, audience),
    clockHint(claims, now),
    unknown ? `registered kids are: ${kids.join(' ') || 'none'}` : undefined,
  ].filter((hint) => hint !== undefined);
}
