import { createPrivateKey, type KeyObject } from 'node:crypto';
import { seconds, systemClock } from '@alongside/kernel/clock';
import { uuid } from '@alongside/kernel/ids';
import { signJwt } from '@alongside/kernel/jws';
import type { TestInstance } from '../../../test/testing/instance.ts';
import { demoSigningKeyId, demoSigningKeyPem } from '../../seed/key.ts';

export const gp = '656005750108';
export const clientId = 'demo-prescriber-key-6Vc8Jd2RnS';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** Documents to sign with distinct ids. */
export const documents = (count = 1, text = '<SignedInfo/>') =>
  Array.from({ length: count }, (_, index) => ({ id: `${uuid()}`, payload: base64(`${text} ${index}`) }));

export interface Answered {
  status: number;
  headers: Headers;
  body: {
    token?: string;
    redirectUri?: string;
    error?: string;
    error_description?: string;
    message_id?: string;
    signatures?: { id: string; signature: string }[];
    certificate?: string;
  };
}

/** An application that prescribes, with its key and the token of a person. */
export class Prescriber {
  readonly #instance: TestInstance;
  readonly base: string;
  readonly key: KeyObject = createPrivateKey(demoSigningKeyPem);
  accessToken = '';

  constructor(instance: TestInstance, path = '/signing-service') {
    this.#instance = instance;
    this.base = `${instance.urls.api}${path}`;
  }

  async signIn(person = 'gp', application = 'demo-prescriber'): Promise<this> {
    const tokens = await this.#instance.api<{ access_token: string }>('POST', '/tokens', {
      person,
      application,
    });
    this.accessToken = tokens.access_token;
    return this;
  }

  claims(changes: Record<string, unknown> = {}): Record<string, unknown> {
    const now = seconds(systemClock);
    const all = {
      iss: clientId,
      sub: gp,
      aud: `${this.#instance.urls.api}/signing-service`,
      iat: now,
      exp: now + 600,
      payloads: documents(),
      algorithm: 'RS256',
      ...changes,
    };
    return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  }

  async jws(
    changes: Record<string, unknown> = {},
    { header = {}, key = this.key }: { header?: Record<string, unknown>; key?: KeyObject } = {},
  ): Promise<string> {
    const full = { alg: 'RS512', typ: 'JWT', kid: demoSigningKeyId, ...header };
    return signJwt(full as never, this.claims(changes), key);
  }

  request(body: string, { query = '', headers = {} as Record<string, string | undefined> } = {}) {
    return this.call(`/signaturerequest${query}`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain', ...headers },
      body,
    });
  }

  response(token: string) {
    return this.call(`/signatureresponse/${token}`);
  }

  async call(
    path: string,
    {
      headers = {},
      ...init
    }: { method?: string; body?: string; headers?: Record<string, string | undefined> } = {},
  ): Promise<Answered> {
    const all = { authorization: this.accessToken ? `Bearer ${this.accessToken}` : undefined, ...headers };
    const sent = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const response = await fetch(this.base + path, { ...init, headers: sent });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text ? JSON.parse(text) : {} };
  }
}
