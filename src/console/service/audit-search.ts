import type { AuditFilter, AuditLog, AuditRecord } from '../../storage/audit.ts';

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
