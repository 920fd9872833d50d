import type { JourneyPattern } from '../../../journeys/model.ts';

/** Labels of the patterns. */
export const patterns: Readonly<Record<JourneyPattern, string>> = {
  combined: 'Combined',
  separate: 'Separate',
  application: 'Application-restricted',
  desk: 'At the desk',
  'sign-out': 'Sign-out',
  console: 'Console',
};
