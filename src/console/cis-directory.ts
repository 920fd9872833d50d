import http from 'node:http';
import https from 'node:https';
import { type Answer, json } from '@alongside/kernel/answer';
import { reasonOf } from '@alongside/kernel/errors';
import type { PeopleAnswer, Person } from '../cis/protocol.ts';
import { paths } from '../cis/protocol.ts';
import { errors } from './errors.ts';

interface CisCall {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  path: string;
  ifMatch?: string;
  body?: unknown;
}

/** What CIS answered. `body` is undefined when there was none. */
export interface CisAnswer {
  status: number;
  etag: string | undefined;
  location: string | undefined;
  body: unknown;
}

const limits = { milliseconds: 5_000, bytes: 8_388_608 };

const mediaTypes = {
  GET: undefined,
  POST: 'application/json',
  PATCH: 'application/merge-patch+json',
  DELETE: undefined,
};

const digits12 = /^\d{12}$/;

/** The directory of CIS, over HTTP with the secret of the two. Throws `cis_unreachable`, or `cis_refused` when the secret is not the right one. */
export class CisDirectory {
  readonly #url: string;
  readonly #secret: string;

  constructor(cis: { url: string; secret: string }) {
    this.#url = cis.url;
    this.#secret = cis.secret;
  }

  async call(call: CisCall): Promise<CisAnswer> {
    let answer: CisAnswer;
    try {
      answer = await this.#send(call);
    } catch (error) {
      throw errors.cisUnreachable(`${call.method} ${call.path}: ${reasonOf(error)}`, {}, error);
    }
    if (answer.status === 401 || answer.status === 403)
      throw errors.cisRefused(`it answered ${answer.status}`);
    if (answer.status >= 500) throw errors.cisUnreachable(`it answered ${answer.status}`);
    return answer;
  }

  /** Everybody, by uid. */
  async everybody(): Promise<Person[]> {
    const people: Person[] = [];
    let after = '';
    do {
      const { body } = await this.call({
        method: 'GET',
        path: `${paths.people}?after=${encodeURIComponent(after)}`,
      });
      const page = body as PeopleAnswer;
      people.push(...page.people);
      after = page.next ?? '';
    } while (after !== '');
    return people;
  }

  /** The uid of a person who is named by uid or persona. Throws `not_found` for an unknown persona. */
  async uidOf(name: string): Promise<string> {
    if (digits12.test(name)) return name;
    const { body } = await this.call({
      method: 'GET',
      path: `${paths.people}?persona=${encodeURIComponent(name)}`,
    });
    const [person] = (body as PeopleAnswer).people;
    if (!person) throw errors.notFound(`no persona ${name.slice(0, 40)}`);
    return person.uid;
  }

  /** The person of this uid or persona. Throws `not_found`. */
  async person(name: string): Promise<Person> {
    const { status, body } = await this.call({ method: 'GET', path: paths.person(await this.uidOf(name)) });
    if (status !== 200) throw errors.notFound(`CIS answered ${status}`);
    return body as Person;
  }

  #send({ method, path, ifMatch, body }: CisCall): Promise<CisAnswer> {
    return new Promise((resolve, reject) => {
      const text = body === undefined ? undefined : JSON.stringify(body);
      const type = text === undefined ? undefined : mediaTypes[method];
      const headers = {
        authorization: `Bearer ${this.#secret}`,
        ...(type && text !== undefined
          ? { 'content-type': type, 'content-length': Buffer.byteLength(text) }
          : {}),
        ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
      };
      const request = (this.#url.startsWith('https:') ? https : http).request(`${this.#url}${path}`, {
        method,
        headers,
      });
      const timer = setTimeout(
        () => request.destroy(new Error('no whole answer in time')),
        limits.milliseconds,
      );
      const fail = (error: Error) => {
        clearTimeout(timer);
        reject(error);
      };
      request.on('error', fail);
      request.on('response', (response) => {
        const parts: Buffer[] = [];
        let size = 0;
        response.on('data', (part: Buffer) => {
          size += part.length;
          if (size > limits.bytes) request.destroy(new Error('the answer is too long'));
          else parts.push(part);
        });
        response.on('error', fail);
        response.on('end', () => {
          clearTimeout(timer);
          try {
            const { etag, location } = response.headers;
            const whole = Buffer.concat(parts).toString('utf8');
            resolve({
              status: response.statusCode ?? 0,
              etag,
              location,
              body: whole === '' ? undefined : JSON.parse(whole),
            });
          } catch (error) {
            reject(error instanceof Error ? error : new Error(String(error)));
          }
        });
      });
      request.end(text);
    });
  }
}

/** What CIS answered, as the console's own answer. */
export const relayed = ({ status, etag, body }: CisAnswer, headers: Record<string, string> = {}): Answer =>
  json(status, body ?? {}, { ...(etag === undefined ? {} : { etag }), ...headers });
