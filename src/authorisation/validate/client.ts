import {
  readProducts,
  requireActiveDeveloper,
  requireApproval,
  requireSubscription,
  type WithClient,
} from '../application/client.ts';
import type { Base } from '../base.ts';
import type { Probe } from './trial.ts';

/** Returns the name of the client, if known. */
export const clientName = ({ client }: Partial<WithClient>): unknown => client?.application.name;

/** The checks of the application in every flow. */
export const standing = ({ api }: Base): Probe[] => [
  { check: 'application', expected: 'approved', step: requireApproval },
  { step: readProducts },
  { check: 'products', expected: `one that includes the API ${api}`, step: requireSubscription },
  { check: 'developer', expected: 'active', step: requireActiveDeveloper },
];
