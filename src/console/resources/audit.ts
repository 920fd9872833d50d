import { json } from '@alongside/kernel/answer';
import { z } from 'zod';
import type { AuditLog } from '../../storage/audit.ts';
import { type ApiCall, defineCall } from '../api/call.ts';

/** A number of a record or an event, as a query carries it. */
export const since = z
  .string()
  .regex(/^\d{1,15}$/, 'must be a number')
  .transform(Number)
  .optional()
  .describe('Only those after this number');

/** `GET /audit`: who did what. */
export const auditCalls = ({ audit }: { audit: AuditLog }): ApiCall[] => [
  defineCall({
    method: 'GET',
    path: '/audit',
    summary: 'Audit records, oldest first, at most 1,000',
    query: z.strictObject({ since }),
    answers: { 200: 'The records' },
    handle: async ({ query }) => json(200, { records: await audit.list(query.since ?? 0) }),
  }),
];
