import { createPrivateKey, type KeyObject } from 'node:crypto';
import { type JsonWebKey, signJwt } from '@alongside/kernel/jws';
import { newKeyPair } from '@alongside/kernel/key-pairs';
import { kidOf, type TabletBody, tabletTypes } from '../authenticators/tablet/protocol.ts';
import { type Reply, send } from './browser.ts';
import type { Instance } from './instance.ts';
import { give } from './journey.ts';

export interface Question {
  request: string;
  nonce: string;
  application: string;
  candidates: string[];
}

/** A program in place of the tablet app, with its own key. */
export class SoftTablet {
  readonly cis2: Instance;
  readonly key: KeyObject;
  readonly jwk: JsonWebKey;
  /** Its address according to the proxy. */
  address = '';

  constructor(cis2: Instance, key: KeyObject, jwk: JsonWebKey) {
    this.cis2 = cis2;
    this.key = key;
    this.jwk = jwk;
  }

  static async create(cis2: Instance): Promise<SoftTablet> {
    const { privatePem, publicJwk } = await newKeyPair('ES256');
    const { kty, crv, x, y } = publicJwk as JsonWebKey;
    return new SoftTablet(cis2, createPrivateKey(privatePem), { kty, crv, x, y } as JsonWebKey);
  }

  /** Registers it for a user. Returns the id of the credential. */
  of(uid: string, more: Partial<TabletBody> = {}): Promise<string> {
    const body: TabletBody = { jwk: this.jwk, ceiling: 3, shared: false, ...more };
    return give(this.cis2, { uid, kind: 'tablet', label: 'Tablet', lookup: kidOf(this.jwk), body });
  }

  sign(typ: string, claims: Record<string, unknown>, header: Record<string, unknown> = {}): Promise<string> {
    const named = typ === tabletTypes.key ? { jwk: this.jwk } : { kid: kidOf(this.jwk) };
    const all = { aud: this.cis2.issuer, ...claims };
    return signJwt({ alg: 'ES256', typ, ...named, ...header } as never, all, this.key);
  }

  send(path: string, token: string, more: Record<string, unknown> = {}): Promise<Reply> {
    const headers = {
      'content-type': 'application/json',
      ...(this.address ? { 'x-forwarded-for': this.address } : {}),
    };
    return send('POST', `${this.cis2.origin}${path}`, headers, JSON.stringify({ token, ...more }));
  }

  async open(code: string): Promise<Reply> {
    return this.send('/tablet/open', await this.sign(tabletTypes.open, { code }));
  }

  async answer({ request, nonce }: Question, number: string): Promise<Reply> {
    return this.send('/tablet/answer', await this.sign(tabletTypes.answer, { request, nonce, number }));
  }
}

export const questionIn = ({ body }: Reply): Question => JSON.parse(body) as Question;
export const errorIn = ({ body }: Reply): string => String((JSON.parse(body) as { error?: string }).error);
