import { healthRoutes, type Readiness } from '@alongside/kernel/health';
import type { Service } from '../service.ts';

/** Adds the health routes for load balancers to a service: each may run alone. */
export const withHealth = (service: Service, readiness: Readiness): Service => ({
  ...service,
  routes: [...service.routes, ...healthRoutes(readiness)],
});
