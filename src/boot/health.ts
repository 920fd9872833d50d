import { healthRoutes } from '@alongside/kernel/health';
import type { Service } from '../service.ts';

/** The service with the addresses that a balancer asks, where it has none of its own: any part may run apart. */
export function withHealth(service: Service, ready: () => Promise<boolean>): Service {
  const own = new Set(service.routes.map(({ path }) => path));
  const missing = healthRoutes(ready).filter(({ path }) => !own.has(path));
  return { ...service, routes: [...service.routes, ...missing] };
}
