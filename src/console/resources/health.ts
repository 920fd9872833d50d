import { json } from '@alongside/kernel/answer';
import type { Route } from '@alongside/kernel/http';
import type { Database } from '../../storage/database.ts';

/** `GET /healthz`: the process answers. `GET /readyz`: storage does, too. */
export const healthRoutes = ({ database }: { database: Database }): Route[] => [
  { methods: ['GET'], path: '/healthz', endpoint: async () => json(200, { status: 'ok' }) },
  {
    methods: ['GET'],
    path: '/readyz',
    async endpoint() {
      const ready = await database.healthy();
      return json(ready ? 200 : 503, { status: ready ? 'ok' : 'storage does not answer' });
    },
  },
];
