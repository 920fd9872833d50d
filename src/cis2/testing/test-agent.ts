import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { type Clock, seconds } from '@alongside/kernel/clock';
import {
  decodeJwt,
  type JsonWebKey,
  type JwtClaims,
  type SigningAlgorithm,
  signJwt,
  thumbprint,
} from '@alongside/kernel/jws';
import { newKeyPair } from '@alongside/kernel/key-pairs';
import {
  cardMessage,
  type HandOffError,
  type HandOffRequest,
  proofType,
} from '../../../identity-agent/protocol.ts';
import type { SessionState } from '../../cis/protocol.ts';
import { type Reply, send } from './browser.ts';
import type { TestCis } from './test-cis.ts';

interface Desk {
  sid: string;
  certificate: string;
  uid: string;
  key: KeyObject;
  card: KeyObject;
}

/** Changes to an honest response. */
export interface Forgery {
  claims?: Record<string, unknown>;
  alg?: SigningAlgorithm | 'none';
  typ?: string;
  key?: KeyObject;
  certificate?: string;
  cardPresent?: boolean;
  /** Gives a new PIN first. */
  pin?: boolean;
}

const newKey = async (): Promise<{ key: KeyObject; jwk: JsonWebKey }> => {
  const { privatePem, publicJwk } = await newKeyPair('ES256');
  return { key: createPrivateKey(privatePem), jwk: publicJwk };
};

export const handOffOf = (location: string): { request: string; claims: HandOffRequest } => {
  const request = new URL(location).searchParams.get('request') ?? '';
  return { request, claims: decodeJwt(request)?.claims as unknown as HandOffRequest };
};

/** A client of the hand-off protocol with real keys, which answers as a test wants. It is not the real agent. */
export class TestAgent {
  readonly id: string;
  readonly #cis: TestCis;
  readonly #clock: Clock;
  readonly #origin: string;
  desk: Desk | undefined;

  private constructor(id: string, cis: TestCis, clock: Clock, origin: string) {
    this.id = id;
    this.#cis = cis;
    this.#clock = clock;
    this.#origin = origin;
  }

  static async create(cis: TestCis, clock: Clock, origin: string): Promise<TestAgent> {
    return new TestAgent(thumbprint((await newKey()).jwk), cis, clock, origin);
  }

  /** Inserts the card and gives the PIN: creates a session at CIS and reports presence. Returns the session id. */
  async signIn(uid: string, more: Partial<SessionState> = {}): Promise<string> {
    const session = await newKey();
    const { key: card } = await newKey();
    const made = await this.#cis.signIn({ uid, agentId: this.id, sessionKey: session.jwk, ...more });
    this.desk = { ...made, uid, key: session.key, card };
    this.#cis.agents = [{ agentId: this.id, seenAt: '', sessionId: made.sid }];
    return made.sid;
  }

  /** Runs without a session. */
  idle(): void {
    this.desk = undefined;
    this.#cis.agents = [{ agentId: this.id, seenAt: '', sessionId: null }];
  }

  async proofBody(
    location: string,
    forgery: Forgery = {},
  ): Promise<{ proof: string; sessionCertificate: string }> {
    const { desk } = this;
    if (!desk) throw new Error('nobody is signed in at the test agent');
    const { claims: request } = handOffOf(location);
    if (forgery.pin) this.givePin();
    const session = this.#cis.sessions.get(desk.sid) as SessionState;
    const cardPresent = forgery.cardPresent ?? true;
    const claims: JwtClaims = {
      iss: this.id,
      aud: request.iss,
      request_jti: request.jti,
      nonce: request.nonce,
      txn_h: request.txn_h,
      cis_sid: desk.sid,
      sub: desk.uid,
      iat: seconds(this.#clock),
      pin_time: Math.floor(Date.parse(session.pinTime) / 1000),
      card_present: cardPresent,
      ...(session.roleId === null ? {} : { selected_roleid: session.roleId }),
      ...(cardPresent ? this.#cardSignature(desk.card, request) : {}),
      ...forgery.claims,
    };
    const typ = forgery.typ ?? proofType;
    const proof =
      forgery.alg === 'none'
        ? `${encode({ alg: 'none', typ })}.${encode(claims)}.`
        : await signJwt({ alg: forgery.alg ?? 'ES256', typ }, claims, forgery.key ?? desk.key);
    return { proof, sessionCertificate: forgery.certificate ?? desk.certificate };
  }

  exchange(body: unknown): Promise<Reply> {
    return send(
      'POST',
      `${this.#origin}/agent/exchange`,
      { 'content-type': 'application/json' },
      JSON.stringify(body),
    );
  }

  /** Answers a hand-off honestly except for the forgery. Returns the address that the browser goes back to. */
  async answer(location: string, forgery: Forgery = {}): Promise<string> {
    return this.#back(location, await this.exchange(await this.proofBody(location, forgery)));
  }

  /** Reports a reason instead of a proof. Returns the address that the browser goes back to. */
  async refuse(location: string, error: HandOffError): Promise<string> {
    const { request, claims } = handOffOf(location);
    return this.#back(location, await this.exchange({ requestJti: claims.jti, error, request }));
  }

  givePin(): void {
    const sid = this.desk?.sid ?? '';
    const session = this.#cis.sessions.get(sid);
    if (session)
      this.#cis.sessions.set(sid, { ...session, pinTime: new Date(this.#clock.now()).toISOString() });
  }

  #back(location: string, { status, body }: Reply): string {
    if (status !== 200) throw new Error(`the exchange answered ${status}: ${body}`);
    const { code } = JSON.parse(body) as { code: string };
    return `${handOffOf(location).claims.response_uri}?code=${code}`;
  }

  #cardSignature(card: KeyObject, { iss, nonce }: HandOffRequest) {
    return {
      card_signature: sign('sha256', cardMessage(iss, nonce), card).toString('base64'),
      card_certificate: createPublicKey(card as never)
        .export({ type: 'spki', format: 'der' })
        .toString('base64'),
    };
  }
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
