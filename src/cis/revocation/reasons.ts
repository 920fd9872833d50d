import type { RevocationReason } from '../protocol.ts';

/** Numbers of the reasons (RFC 5280 section 5.3.1). */
const numbers: Readonly<Record<RevocationReason, number>> = {
  unspecified: 0,
  keyCompromise: 1,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  privilegeWithdrawn: 9,
};

/** The number of a reason; undefined where it should be left out. */
export const reasonNumber = (reason: string | null): number | undefined =>
  numbers[reason as RevocationReason] || undefined;
