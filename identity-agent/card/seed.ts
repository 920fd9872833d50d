import type { CardSeed } from './card-record.ts';

/** Cards of the fictional people of the test system, with the uids, personas and names of the directory's seed. */
export const seededCards: readonly CardSeed[] = [
  { uid: '656005750108', persona: 'gp', name: 'Quillfeather Harriet Dr' },
  { uid: '656005750107', persona: 'clinician', name: 'Pennywhistle Osric Mr' },
  { uid: '656005750104', persona: 'admin', name: 'Ledgerwood Tamsin Ms' },
  { uid: '656005750105', persona: 'nurse', name: 'Harbottle Winifred Mrs' },
  { uid: '656005750106', persona: 'locum', name: 'Thistlewick Barnaby Dr' },
  { uid: '656005750113', persona: 'starter', name: 'Newbolt Fergus Mr' },
  { uid: '656005750114', persona: 'unproven', name: 'Vagueley Ottoline Ms' },
  { uid: '656005750115', persona: 'locked', name: 'Padlockson Silas Mr', locked: true },
  { uid: '656005750116', persona: 'expired', name: 'Yesterby Agatha Mrs', profile: 'expired' },
  { uid: '656005750117', persona: 'revoked', name: 'Nullworthy Jasper Mr', profile: 'revoked' },
  { uid: '656005750118', persona: 'renew', name: 'Soonham Beatrix Ms', profile: 'renew' },
  { uid: '656005750119', persona: 'foreign', name: 'Awayfield Leopold Mr', profile: 'foreign' },
];
