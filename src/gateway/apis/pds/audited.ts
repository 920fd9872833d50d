import type { Answer } from '@alongside/kernel/answer';
import type { AuditedCall } from '../../api.ts';
import { coverageSubject } from './coverage.ts';
import { isNhsNumber } from './nhs-number.ts';

/** Returns the version of a resource in a response. */
function versionOf(answer: Answer | undefined): { version?: number } {
  const etag = answer?.headers.etag;
  const version = typeof etag === 'string' ? /^W\/"(\d{1,9})"$/.exec(etag)?.[1] : undefined;
  return version === undefined ? {} : { version: Number(version) };
}

/** Returns the number of patients found. The member precedes the entries. */
function countOf(answer: Answer | undefined): { count?: number } {
  if (answer?.status !== 200) return {};
  const count = /"total":(\d{1,9})/.exec(String(answer.body).slice(0, 300))?.[1];
  return count === undefined ? {} : { count: Number(count) };
}

/** An invalid number may be any text, so it is not recorded. */
const numbered = (text: string | undefined): { subject?: string } =>
  text !== undefined && isNhsNumber(text) ? { subject: text } : {};

/** Describes a call for the audit log: the patient of the record read or changed, but never the search values. */
export function auditedPdsCall({
  verb,
  path,
  query,
  answer,
}: {
  verb: string;
  path: string;
  query: string;
  answer?: Answer;
}): AuditedCall {
  const [, id] = /^\/Patient\/([^/]*)/.exec(path) ?? [];
  if (/^\/Coverage(\/|$)/.test(path)) {
    const subject = numbered(coverageSubject(query));
    return {
      action: verb === 'GET' ? 'patient.read' : 'patient.changed',
      ...subject,
      facts: versionOf(answer),
    };
  }
  if (verb === 'GET' && path === '/Patient') return { action: 'patient.searched', facts: countOf(answer) };
  if (path !== '/Patient' && id === undefined) return { action: 'api.called' };
  if (verb === 'GET') return { action: 'patient.read', ...numbered(id), facts: versionOf(answer) };
  return { action: 'patient.changed', ...numbered(id) };
}
