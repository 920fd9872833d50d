import { healthRoutes, type Readiness } from '@alongside/kernel/health';
import type { Service } from '../service.ts';

/** The service with the addresses that a balancer asks: any part may run apart. */
export const withHealth = (service: Service, readiness: Readiness): Service => ({
  ...service,
  routes: [...service.routes, ...healthRoutes(readiness)],
});
