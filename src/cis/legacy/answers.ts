import { Answer } from '@alongside/kernel/answer';
import { Refusal } from '@alongside/kernel/errors';
import { type HttpRequest, plainError } from '@alongside/kernel/http';
import { inOwnTerms } from '@alongside/kernel/kernel-errors';
import { errors } from '../errors.ts';
import { escapeXml } from './xml.ts';

const noStore = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

export const xml = (status: number, body: string): Answer =>
  new Answer(status, { 'content-type': 'text/xml; charset=utf-8', ...noStore }, body);

/** Returns the published response without further content. */
export const status = (code: number, text: string): Answer =>
  new Answer(
    code,
    { 'content-type': 'text/html; charset=utf-8', ...noStore },
    `<HTML><STATUS>${escapeXml(text)}</STATUS></HTML>`,
  );

/** Renders an error in the published form. Unexpected errors are JSON. */
export function legacyError(thrown: unknown, request: HttpRequest): Answer {
  const { legacyInput } = errors;
  const own = inOwnTerms(thrown, { bodyTooLarge: legacyInput, requestMalformed: legacyInput });
  if (!(thrown instanceof Refusal && own instanceof Refusal)) return plainError(thrown, request);
  return status(thrown.entry.status, own.entry.description.replace(/\.$/, '')).refusing(own);
}
