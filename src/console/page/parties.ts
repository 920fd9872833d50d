import type { Party } from '@alongside/kernel/events';

/** Who takes part in journeys, in the order of the lanes of a diagram. */
export const parties: readonly { party: Party; label: string; always: boolean }[] = [
  { party: 'browser', label: 'Browser', always: true },
  { party: 'application', label: 'Application', always: true },
  { party: 'authorisation', label: 'Authorisation', always: true },
  { party: 'cis2', label: 'CIS2', always: true },
  { party: 'identity-agent', label: 'Identity Agent', always: true },
  { party: 'cis', label: 'CIS', always: true },
  { party: 'gateway', label: 'Gateway', always: true },
  { party: 'pds', label: 'PDS', always: true },
  { party: 'console', label: 'Console', always: false },
];

export const labelOf = (party: Party): string =>
  parties.find((known) => known.party === party)?.label ?? party;
