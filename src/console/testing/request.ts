import http from 'node:http';
import { parseOwnJson } from '@alongside/kernel/json';

export interface Answered {
  status: number;
  headers: http.IncomingHttpHeaders;
  text: string;
  /** The JSON body, or an empty object. */
  body: Record<string, unknown>;
}

export interface Sent {
  method?: string;
  headers?: http.OutgoingHttpHeaders;
  /** Sent as JSON; the headers may replace its media type. */
  json?: unknown;
  /** Sent unchanged. */
  text?: string;
}

const parsed = (text: string): Record<string, unknown> => {
  try {
    return parseOwnJson(text);
  } catch {
    return {};
  }
};

/** Sends exactly these headers, unlike `fetch`, which adds some and forbids others. */
export function send(
  port: number,
  path: string,
  { method = 'GET', headers = {}, json, text }: Sent = {},
): Promise<Answered> {
  const body = json === undefined ? text : JSON.stringify(json);
  return new Promise((resolve, reject) => {
    const request = http.request({
      host: '127.0.0.1',
      port,
      path,
      method,
      agent: false,
      headers: {
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
        ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
        ...headers,
      },
    });
    request.on('error', reject);
    request.on('response', (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => {
        const whole = Buffer.concat(parts).toString('utf8');
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: whole,
          body: parsed(whole),
        });
      });
    });
    request.end(body);
  });
}
