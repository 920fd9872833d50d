import { Answer } from '@alongside/kernel/answer';
import { Refusal } from '@alongside/kernel/errors';
import type { Endpoint, HttpRequest } from '@alongside/kernel/http';
import { refusedIfUnavailable, retryHeaders } from '@alongside/kernel/unavailable';
import { escapeXml } from './xml.ts';

const noStore = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

export const xml = (status: number, body: string): Answer =>
  new Answer(status, { 'content-type': 'text/xml; charset=utf-8', ...noStore }, body);

/** The published answer of what has nothing more to say. */
export const status = (code: number, words: string): Answer =>
  new Answer(
    code,
    { 'content-type': 'text/html; charset=utf-8', ...noStore },
    `<HTML><STATUS>${escapeXml(words)}</STATUS></HTML>`,
  );

/** A refusal's public words in the published form. */
export const inLegacyWords = (code: number, refusal: Refusal): Answer =>
  status(code, refusal.entry.description.replace(/\.$/, '')).refusing(refusal);

/** Refusals in the form of the legacy interface; whatever else was thrown is the listener's. */
export const inLegacyForm =
  (run: (request: HttpRequest) => Promise<Answer>): Endpoint =>
  async (request) => {
    try {
      return await run(request);
    } catch (thrown) {
      const refused = refusedIfUnavailable(thrown);
      if (!(refused instanceof Refusal)) throw thrown;
      return inLegacyWords(refused.entry.status, refused).with(retryHeaders(refused));
    }
  };
