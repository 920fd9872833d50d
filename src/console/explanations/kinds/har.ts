import { isObject, type JsonObject } from '@alongside/kernel/json';
import { counted } from '@alongside/kernel/operator';
import type { ConsoleContext } from '../../model/dependencies.ts';
import {
  type Banner,
  bannerOf,
  checked,
  cut,
  type ExplainedCheck,
  type ExplainKind,
  type Finding,
  type Link,
} from '../finding.ts';

const most = 500;
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const objects = (value: unknown): JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : []);

interface Entry {
  readonly method: string;
  readonly url: URL;
  readonly status: number;
  readonly messageId: string;
}

/** Reads the requests of a HAR that went to one of these origins. */
function entriesOf(json: JsonObject, origins: readonly string[]): Entry[] {
  const log = isObject(json.log) ? json.log : {};
  return objects(log.entries)
    .slice(0, most)
    .flatMap(({ request, response }) => {
      if (!isObject(request) || !isObject(response)) return [];
      const url = URL.parse(text(request.url));
      if (!url || !origins.includes(url.origin)) return [];
      const header = objects(response.headers).find(
        ({ name }) => text(name).toLowerCase() === 'x-message-id',
      );
      return [
        {
          method: text(request.method),
          url,
          status: typeof response.status === 'number' ? response.status : 0,
          messageId: text(header?.value),
        },
      ];
    });
}

const statusText = (status: number): string => (status === 0 ? 'no response' : String(status));

async function explain(json: JsonObject, console: ConsoleContext): Promise<Finding> {
  const { journeys, refusals, urls } = console;
  const origins = Object.values(urls).map((url) => new URL(url).origin);
  const entries = entriesOf(json, origins);
  const checks: ExplainedCheck[] = [];
  const links: Link[] = [];
  let banner: Banner | null = null;
  for (const { method, url, status, messageId } of entries) {
    const refusal = status >= 400 || status === 0 ? await refusals.find(messageId) : undefined;
    if (refusal) banner ??= bannerOf(refusal);
    const message = messageId === '' ? undefined : await journeys.message(messageId);
    if (message && !links.some(({ href }) => href.includes(message.journey)))
      links.push({
        label: `Journey of step ${message.number}`,
        href: `/journeys/${encodeURIComponent(message.journey)}`,
      });
    const isError = url.searchParams.has('error');
    checks.push(
      checked(`${method} ${cut(url.pathname)}`, status < 400 && status > 0 && !isError, {
        received: isError ? `${status}, error ${url.searchParams.get('error')}` : statusText(status),
        expected: 'a status below 400',
        why: refusal ? `${refusal.description}. ${refusal.fix}` : '',
      }),
    );
  }
  const failed = checks.filter(({ outcome }) => outcome === 'failed').length;
  return {
    summary:
      entries.length === 0
        ? 'No request of this HAR went to this installation.'
        : `${counted(entries.length, 'request')} to this installation, ${failed} failed.`,
    banner,
    checks,
    links,
  };
}

/** A HAR 1.2 of a browser, of which the page sends only the requests to this installation. */
export const har: ExplainKind = {
  id: 'har',
  label: 'a HAR of a browser',
  fits: ({ json }) => (isObject(json?.log) && Array.isArray(json.log.entries) ? 'certain' : undefined),
  explain: ({ json = {} }, console) => explain(json, console),
};
