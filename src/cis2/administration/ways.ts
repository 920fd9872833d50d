import type { Route } from '@alongside/kernel/http';
import { deliveryRoutes } from './deliveries.ts';
import { sessionRoutes } from './sessions.ts';

type Parts = Parameters<typeof sessionRoutes>[0] & Parameters<typeof deliveryRoutes>[0];

/** What the console alone may ask about sessions and deliveries. Nothing at all without a secret. */
export function consoleWays({
  consoleSecret,
  ...parts
}: Omit<Parts, 'consoleSecret'> & { consoleSecret?: string }): Route[] {
  if (consoleSecret === undefined) return [];
  const known = { ...parts, consoleSecret };
  return [...sessionRoutes(known), ...deliveryRoutes(known)];
}
