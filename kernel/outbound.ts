import { lookup as dnsLookup } from 'node:dns';
import http from 'node:http';
import https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import type { Ask } from '@alongside/kernel/in-process';
import { isMetadata, isSpecial } from './special-addresses.ts';

/** Why an address could not be fetched, in words for the log. */
export class FetchError extends Error {
  override name = 'FetchError';
}

const limits = { bytes: 1_048_576, milliseconds: 3_000 };

/** What a fetch to an address that somebody registered may reach. */
export interface FetchPolicy {
  /** Loopback and private addresses; for development. The metadata services of clouds never. */
  privateAddresses: boolean;
  /** Resolves names; `dns.lookup` unless given. */
  lookup?: typeof dnsLookup;
}

const isRefused = ({ privateAddresses }: FetchPolicy, address: string): boolean =>
  isMetadata(address) || (!privateAddresses && isSpecial(address));

// The connection is made to the address that was checked, so a second answer of DNS changes nothing.
const guardedLookup =
  (policy: FetchPolicy): LookupFunction =>
  (hostname, options, callback) =>
    (policy.lookup ?? dnsLookup)(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, '');
      const allowed = addresses.filter(({ address }) => !isRefused(policy, address));
      const first = allowed[0];
      if (!first) return callback(new FetchError(`${hostname} leads to a private address`), '');
      if (options.all) return callback(null, allowed);
      return callback(null, first.address, first.family);
    });

/** Asks a service of this installation over HTTP. Its address comes from the operator's configuration, so it may be private. */
export const askOver =
  (origin: string): Ask =>
  (path, call) =>
    safeFetch(`${origin}${path}`, { privateAddresses: true }, call);

export interface FetchRequest {
  method?: 'GET' | 'POST';
  headers?: Record<string, string>;
  body?: string | Uint8Array;
  /** How long the whole answer may take; 3 s unless told. */
  milliseconds?: number;
}

/**
 * Fetches an address that came from outside: no redirects, at most 1 MiB and 3 s, no private address unless allowed.
 * Throws FetchError when there is no answer; a status is an answer.
 */
export function safeFetch(
  address: string,
  policy: FetchPolicy,
  request: FetchRequest = {},
): Promise<{ status: number; body: string; bytes: Buffer; contentType: string }> {
  return new Promise((resolve, reject) => {
    const url = URL.parse(address);
    if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:'))
      return reject(new FetchError('it is not an http or https address'));
    const host = url.hostname.replace(/^\[|\]$/g, '');
    if (isIP(host) && isRefused(policy, host)) return reject(new FetchError(`${host} is a private address`));
    const patience = request.milliseconds ?? limits.milliseconds;
    const timer = setTimeout(
      () => call.destroy(new FetchError(`no whole answer within ${patience} ms`)),
      patience,
    );
    const done = (error?: Error) => {
      clearTimeout(timer);
      if (error)
        reject(error instanceof FetchError ? error : new FetchError(error.message, { cause: error }));
    };
    const send = url.protocol === 'https:' ? https.request : http.request;
    const call = send(
      url,
      {
        method: request.method ?? 'GET',
        headers: request.headers ?? {},
        lookup: guardedLookup(policy),
        // A kept connection was looked up under the policy of whoever opened it: where private addresses are refused, none is used again.
        ...(policy.privateAddresses ? {} : { agent: false }),
      },
      (response) => {
        const parts: Buffer[] = [];
        let size = 0;
        response.on('data', (part: Buffer) => {
          size += part.length;
          if (size > limits.bytes)
            call.destroy(new FetchError(`the answer is larger than ${limits.bytes} bytes`));
          else parts.push(part);
        });
        response.on('error', done);
        response.on('end', () => {
          done();
          const bytes = Buffer.concat(parts);
          resolve({
            status: response.statusCode ?? 0,
            body: bytes.toString('utf8'),
            bytes,
            contentType: response.headers['content-type'] ?? '',
          });
        });
      },
    );
    call.on('error', done);
    call.end(request.body);
  });
}
