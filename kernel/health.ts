import { json } from './answer.ts';
import type { Route } from './request.ts';

/** What a balancer asks: `GET /healthz`, the process answers; `GET /readyz`, what it needs (its storage) does, too. */
export const healthRoutes = (ready: () => Promise<boolean>): Route[] => [
  { methods: ['GET'], path: '/healthz', endpoint: async () => json(200, { status: 'ok' }) },
  {
    methods: ['GET'],
    path: '/readyz',
    async endpoint() {
      const isReady = await ready().catch(() => false);
      return json(isReady ? 200 : 503, { status: isReady ? 'ok' : 'storage does not answer' });
    },
  },
];
