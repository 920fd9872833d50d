import { json } from '@alongside/kernel/answer';
import { defineCall, type Resource } from '../api/call.ts';
import { healthReport, healthReportShape } from '../health.ts';

/** `GET /health`: the figures of the metrics of this process, and the problems that they show. */
export const health: Resource = {
  calls: (console) => [
    defineCall('GET', '/health', {
      summary:
        'Returns parts, checks, latency, queues, expiry and limits of this process: the figures of its metrics, and the alerts whose conditions hold',
      answers: { 200: 'The figures; without metrics, those of requests are missing' },
      response: healthReportShape,
      roles: ['support', 'read'],
      handle: async () => json(200, await healthReport(console)),
    }),
  ],
};
