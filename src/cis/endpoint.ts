import { hash, timingSafeEqual } from 'node:crypto';
import type { Answer } from '@alongside/kernel/answer';
import { type HttpRequest, plainError } from '@alongside/kernel/http';
import type { Handler } from '@alongside/kernel/route';
import { check } from '@alongside/kernel/steps';
import { onceFor } from '../storage/row.ts';
import { errors } from './errors.ts';
import { invalidField } from './shapes.ts';

/** The services that call CIS. Each has its own secret. */
export type Caller = 'cis2' | 'console' | 'authorisation' | 'cardIssuer' | 'signing';

export type ServiceSecrets = Readonly<Record<Caller, string>>;

const hashOf = (secret: string): Buffer => hash('sha256', secret, 'buffer');

/** Returns the hash of each secret, computed once. */
const hashesOf = onceFor((secrets: ServiceSecrets) =>
  (Object.keys(secrets) as Caller[]).map((name) => [name, hashOf(secrets[name])] as const),
);

interface ServiceCall {
  request: HttpRequest;
  cis: { serviceSecrets: ServiceSecrets };
}

/** Returns the step that identifies the calling service by its bearer secret (RFC 6750 section 2.1) and allows only these. */
export const admit = (...allowed: readonly Caller[]) =>
  check('caller', function admit({ request, cis }: ServiceCall): { caller: Caller } {
    const secret = /^Bearer ([\x21-\x7e]{1,256})$/.exec(request.headers.authorization ?? '')?.[1];
    if (secret === undefined) throw errors.serviceUnknown('there is no bearer secret');
    const presented = hashOf(secret);
    let caller: Caller | undefined;
    // Compares with every secret, in constant time.
    for (const [name, hash] of hashesOf(cis.serviceSecrets))
      if (timingSafeEqual(hash, presented)) caller = name;
    if (!caller) throw errors.serviceUnknown('the secret belongs to no service');
    if (!allowed.includes(caller))
      throw errors.serviceForbidden(`${caller} called; allowed are ${allowed.join(', ')}`);
    return { caller };
  });

/** The start of a list of steps: the request, and the parts of CIS that the steps use. */
export interface Call<Cis> {
  request: HttpRequest;
  cis: Cis;
}

/** Returns a JSON endpoint that runs a list of steps, with the parameters of the path in their context. */
export const handler = <Cis, Params extends object>(
  list: { run: (start: Call<Cis> & NoInfer<Params>) => Promise<Answer> },
  cis: Cis,
  bodyLimit?: number,
): Handler<Params> => ({
  endpoint: (request) => list.run({ request, cis, ...request.params }),
  errors: plainError,
  ...(bodyLimit === undefined ? {} : { bodyLimit }),
});

/** Reads `limit` and `after` of a request for a page. */
export function readPage(
  { query: text }: Pick<HttpRequest, 'query'>,
  most: number,
): { query: URLSearchParams; after: string; limit: number } {
  const query = new URLSearchParams(text);
  const limit = Number(query.get('limit') ?? most);
  if (!Number.isInteger(limit) || limit < 1 || limit > most)
    throw invalidField('limit', `must be 1 to ${most}`);
  return { query, after: query.get('after') ?? '', limit };
}

/** Splits the rows after the page from it. `next` is the last key of the page, or null on the last page. */
export function pageOf<T>(
  found: readonly T[],
  limit: number,
  keyOf: (entry: T) => string,
): { page: T[]; next: string | null } {
  const page = found.slice(0, limit);
  const last = page.at(-1);
  return { page, next: found.length > limit && last !== undefined ? keyOf(last) : null };
}
