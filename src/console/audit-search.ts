import type { AuditFilter, AuditLog, AuditRecord } from '../storage/audit.ts';
import type { ConsoleContext } from './dependencies.ts';

/** Returns a page of records, and the number after which the next one begins. */
export async function auditPage(
  audit: AuditLog,
  { after, limit = 1_000, ...filter }: AuditFilter & { after?: number | undefined; limit?: number },
): Promise<{ records: AuditRecord[]; next: string | null }> {
  const start = filter.order === 'newest' ? { before: after } : { since: after ?? filter.since };
  const records = await audit.search({ ...filter, ...start, limit });
  const last = records.at(-1);
  return { records, next: records.length === limit && last ? String(last.seq) : null };
}

/** Returns the journey of a record: that of the request that it names, or of its session. */
export async function journeyOfRecord(
  { journeys }: Pick<ConsoleContext, 'journeys'>,
  { detail, session, family, requestId }: AuditRecord,
): Promise<string | null> {
  if (!journeys) return null;
  const { messageId } = detail;
  for (const q of [typeof messageId === 'string' ? messageId : undefined, family, requestId, session]) {
    const found = q === undefined ? undefined : (await journeys.list({ q })).journeys[0];
    if (found) return found.id;
  }
  return null;
}
