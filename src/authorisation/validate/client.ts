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

/** The name of the client, once it is known. */
export const clientName = ({ client }: Record<string, unknown>): unknown =>
  (client as Client | undefined)?.application.name;

/** What every flow asks of its application, once it is known. */
export const standing = (base: Base, { products, developers }: Parts): Probe[] => [
  { check: 'application', expected: 'approved', step: requireApproval },
  { step: readProducts(products) },
  { check: 'products', expected: `one that holds the API ${base.api}`, step: requireSubscription(base) },
  { check: 'developer', expected: 'active', step: requireActiveDeveloper(developers) },
];
