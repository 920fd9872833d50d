import type { CardSeed } from './card-record.ts';

/** Cards of the fictional people of the test system, with the uids, personas and names of the directory's seed. */
export const seededCards: readonly CardSeed[] = [
  { uid: '656005750108', persona: 'gp', name: 'Dr Harriet Quillfeather' },
  { uid: '656005750107', persona: 'clinician', name: 'Mr Osric Pennywhistle' },
  { uid: '656005750104', persona: 'admin', name: 'Ms Tamsin Ledgerwood' },
  { uid: '656005750105', persona: 'nurse', name: 'Mrs Winifred Harbottle' },
  { uid: '656005750106', persona: 'locum', name: 'Dr Barnaby Thistlewick' },
  { uid: '656005750113', persona: 'starter', name: 'Mr Fergus Newbolt' },
  { uid: '656005750114', persona: 'unproven', name: 'Ms Ottoline Vagueley' },
  { uid: '656005750115', persona: 'locked', name: 'Mr Silas Padlockson', locked: true },
  { uid: '656005750116', persona: 'expired', name: 'Mrs Agatha Yesterby', profile: 'expired' },
  { uid: '656005750117', persona: 'revoked', name: 'Mr Jasper Nullworthy', profile: 'revoked' },
  { uid: '656005750118', persona: 'renew', name: 'Ms Beatrix Soonham', profile: 'renew' },
  { uid: '656005750119', persona: 'foreign', name: 'Mr Leopold Awayfield', profile: 'foreign' },
];
