import { reasonOf } from '@alongside/kernel/errors';
import { outbound } from '@alongside/kernel/outbound';
import { z } from 'zod';
import type { ConsoleContext } from '../../model/dependencies.ts';
import { errors } from '../../model/errors.ts';
import { invalidMember } from '../../model/request.ts';
import { pair } from './snippets.ts';

/** A request to send, complete. */
export const runOrder = z.strictObject({
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'], 'must be GET, POST, PUT, PATCH or DELETE'),
  url: z.string('must be text').max(16_384).describe('An address of the API platform or of CIS2'),
  headers: z
    .array(z.strictObject({ name: z.string().max(100), value: z.string().max(32_768) }))
    .max(50)
    .default([]),
  body: z.string('must be text').max(65_536).default(''),
});
type RunOrder = z.output<typeof runOrder>;

/** The response, cut. */
export const runAnswer = z.strictObject({
  status: z.number(),
  durationMs: z.number(),
  messageId: z.string().nullable(),
  headers: z.array(pair),
  body: z.string().describe('At most 64 KiB'),
  isCut: z.boolean(),
});
export type RunAnswer = z.output<typeof runAnswer>;

const limits = { milliseconds: 15_000, bytes: 4_194_304, shown: 65_536 };
/** Headers that the connection owns, or that a proxy sets for an authenticated client. */
const forbidden =
  /^(?:host|connection|content-length|transfer-encoding|te|trailer|upgrade|expect|keep-alive|cookie|forwarded|x-forwarded-.*|proxy-.*|x-ssl-.*)$/i;
const headerName = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/;

/** Returns the address if it belongs to a public service of this installation. */
function targetOf(given: string, { urls }: ConsoleContext): URL {
  const url = URL.parse(given);
  const targets = [...new Set([urls.api, urls.apis, urls.cis2].map((address) => new URL(address).origin))];
  if (!url || url.username + url.password !== '' || !targets.includes(url.origin))
    throw invalidMember('url', `must be an address of this installation: ${targets.join(' or ')}`);
  return url;
}

/** Sends a request to the API platform or CIS2 of this installation, as an application would. Follows no redirect. */
export async function run(order: RunOrder, console: ConsoleContext): Promise<RunAnswer> {
  const { href } = targetOf(order.url, console);
  for (const { name } of order.headers)
    if (!headerName.test(name) || forbidden.test(name))
      throw invalidMember(
        'headers',
        'must not have a header of the connection, a cookie or a header of a proxy',
      );
  const began = performance.now();
  try {
    const answer = await outbound(
      href,
      { privateAddresses: true, maxBytes: limits.bytes },
      {
        method: order.method,
        headers: Object.fromEntries(order.headers.map(({ name, value }) => [name, value])),
        body: order.body === '' ? undefined : order.body,
        milliseconds: limits.milliseconds,
      },
    );
    const messageId = answer.headers['x-message-id'];
    return {
      status: answer.status,
      durationMs: Math.round(performance.now() - began),
      messageId: typeof messageId === 'string' ? messageId : null,
      headers: Object.entries(answer.headers).flatMap(([name, value]) =>
        [value ?? []].flat().map((each) => ({ name, value: name === 'set-cookie' ? '…' : each })),
      ),
      body: answer.body.slice(0, limits.shown),
      isCut: answer.body.length > limits.shown,
    };
  } catch (error) {
    throw errors.targetUnreachable(reasonOf(error), {}, error);
  }
}
