import type { NamedFault } from '../../storage/faults.ts';
import { discoveryFaults, keySetFaults, userinfoFaults } from './document-faults.ts';
import { idTokenFaults, logoutTokenFaults } from './token-faults.ts';

export const cis2Faults: readonly NamedFault[] = [
  ...idTokenFaults,
  ...userinfoFaults,
  ...logoutTokenFaults,
  ...discoveryFaults,
  ...keySetFaults,
];
