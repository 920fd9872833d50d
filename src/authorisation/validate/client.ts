import type { Client } from '../application/client.ts';
import {
  readProducts,
  requireActiveDeveloper,
  requireApproval,
  requireSubscription,
} from '../application/client.ts';
import type { Base } from '../base.ts';
import type { Parts } from '../parts.ts';
import type { Probe } from './trial.ts';

/** Returns the name of the client, if known. */
export const clientName = ({ client }: Record<string, unknown>): unknown =>
  (client as Client | undefined)?.application.name;

/** The checks of the application in every flow. */
export const standing = (base: Base, { products, developers }: Parts): Probe[] => [
  { check: 'application', expected: 'approved', step: requireApproval },
  { step: readProducts(products) },
  { check: 'products', expected: `one that includes the API ${base.api}`, step: requireSubscription(base) },
  { check: 'developer', expected: 'active', step: requireActiveDeveloper(developers) },
];
