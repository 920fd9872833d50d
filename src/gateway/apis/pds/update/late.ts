import type { Faults, NamedFault } from '../../../../storage/faults.ts';
import { errors } from '../../../errors/catalogue.ts';

/** Faults of the PDS for developers. */
export const pdsFaults: readonly NamedFault[] = [
  {
    name: 'pds-update-late',
    summary:
      'a PATCH at the PDS is carried out and answers 503 with Retry-After, as one that took longer than X-Sync-Wait',
  },
];

/**
 * Returns the published response to an update that was late. The update is done, and a repetition of the request changes nothing.
 */
export async function refuseLate(faults: Faults | undefined): Promise<void> {
  const happening = (await faults?.happening(pdsFaults)) ?? [];
  if (happening.length > 0) throw errors.updateLate('the fault pds-update-late is on');
}
