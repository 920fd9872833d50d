import { json } from '@alongside/kernel/answer';
import { z } from 'zod';
import { defineCall, type Resource } from '../api/call.ts';
import { healthReport } from '../health.ts';

const amount = z.number();
const share = amount.nullable();

const response = z
  .strictObject({
    ok: z.boolean(),
    problems: z.array(z.strictObject({ alert: z.string(), text: z.string() })),
    parts: z.array(
      z.strictObject({
        name: z.string(),
        address: z.string(),
        responds: z.boolean(),
        milliseconds: amount,
        problem: z.string().nullable(),
      }),
    ),
    checks: z.array(z.strictObject({ name: z.string(), holds: z.boolean() })),
    traffic: z.array(
      z.strictObject({
        ...{ service: z.string(), active: amount, requests: amount, failures: amount },
        ...{ p50: share, p95: share, p99: share },
      }),
    ),
    database: z.strictObject({
      description: z.string(),
      connections: z.record(z.string(), amount).nullable(),
      p99: z.record(z.string(), amount),
    }),
    queues: z.array(z.strictObject({ queue: z.string(), depth: amount, oldestSeconds: share })),
    eventLoop: z.strictObject({ delaySeconds: amount, p99Seconds: share }),
    memoryBytes: share,
    expiries: z.array(
      z.strictObject({
        kind: z.enum(['signing key', 'certificate', 'revocation list']),
        of: z.string(),
        at: z.iso.datetime(),
      }),
    ),
    regularWork: z.array(z.strictObject({ task: z.string(), at: z.iso.datetime() })),
    limits: z.array(z.strictObject({ name: z.string(), perMinute: share, refused: share })),
    measuresRequests: z.boolean(),
  })
  .meta({ id: 'Health' });

/** `GET /health`: the figures of the metrics of this process, and the problems that they show. */
export const health: Resource = {
  calls: (console) => [
    defineCall('GET', '/health', {
      summary:
        'Returns parts, checks, latency, queues, expiry and limits of this process: the figures of its metrics, and the alerts whose conditions hold',
      answers: { 200: 'The figures; without metrics, those of requests are missing' },
      response,
      roles: ['support', 'read'],
      handle: async () => json(200, await healthReport(console)),
    }),
  ],
};
