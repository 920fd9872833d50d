import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { randomToken } from '@alongside/kernel/ids';
import { type JsonWebKey, signJwt, thumbprint } from '@alongside/kernel/jws';
import {
  agentCallType,
  type ChallengeAnswer,
  paths,
  proofHeader,
  type SignInAnswer,
  type SignInRequest,
  signInMessage,
} from '../protocol.ts';
import type { TestCard } from './cards.ts';
import { type CisResponse, origin, type TestCis, type UnknownBody } from './cis.ts';

interface KeyPair {
  jwk: JsonWebKey;
  privateKey: KeyObject;
}

export function newP256(): KeyPair {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { jwk: publicKey.export({ format: 'jwk' }) as JsonWebKey, privateKey };
}

/** The contents of a proof. Tests override some to make it invalid. */
export interface ProofPlan {
  method: string;
  path: string;
  sid?: string;
  claims?: Record<string, unknown>;
  header?: { typ?: string; jwk?: JsonWebKey };
}

/** A workstation: the key of its agent and the key of its session. */
export class Desk {
  readonly cis: TestCis;
  readonly agentKey = newP256();
  readonly agentId = thumbprint(this.agentKey.jwk);
  sessionKey = newP256();
  sessionId = '';

  constructor(cis: TestCis) {
    this.cis = cis;
  }

  async challenge(): Promise<string> {
    const { body } = await this.cis.call<ChallengeAnswer>(paths.challenge, { method: 'POST' });
    return body.challenge;
  }

  /** Returns the body of a sign-in, which is valid unless the changes make it invalid. */
  async signInRequest(card: TestCard, changes: Partial<SignInRequest> = {}): Promise<SignInRequest> {
    this.sessionKey = newP256();
    const challenge = await this.challenge();
    return {
      ...card.sign(signInMessage(challenge, thumbprint(this.sessionKey.jwk))),
      challenge,
      sessionKey: this.sessionKey.jwk,
      agentId: this.agentId,
      generation: 'hscn',
      mode: 'normal',
      ...changes,
    };
  }

  /** Sends a sign-in with the proof of the agent's key. */
  async send<Body = UnknownBody>(
    body: SignInRequest,
    plan: Partial<ProofPlan> = {},
  ): Promise<CisResponse<Body>> {
    const header = { jwk: this.agentKey.jwk };
    const proof = await this.proof({ method: 'POST', path: paths.sessions, header, ...plan }, this.agentKey);
    return this.cis.call<Body>(paths.sessions, { body, headers: { [proofHeader]: proof } });
  }

  /** Signs in and returns the response, also when CIS rejects the sign-in. */
  async trySignIn(card: TestCard, changes: Partial<SignInRequest> = {}): Promise<CisResponse> {
    const answer = await this.send(await this.signInRequest(card, changes));
    if (answer.status === 201) this.sessionId = String(answer.body.sessionId);
    return answer;
  }

  /** Signs in. Throws when CIS rejects the sign-in. */
  async signIn(card: TestCard, changes: Partial<SignInRequest> = {}): Promise<SignInAnswer> {
    const { status, body } = await this.send<SignInAnswer>(await this.signInRequest(card, changes));
    assert.equal(status, 201, JSON.stringify(body));
    this.sessionId = body.sessionId;
    return body;
  }

  async proof(plan: ProofPlan, key: KeyPair = this.sessionKey): Promise<string> {
    const claims = {
      htm: plan.method,
      htu: `${origin}${plan.path}`,
      iat: Math.floor(this.cis.clock.now() / 1_000),
      jti: randomToken(16),
      ...(plan.sid === undefined ? {} : { sid: plan.sid }),
      ...plan.claims,
    };
    return signJwt({ alg: 'ES256', typ: agentCallType, ...plan.header }, claims, key.privateKey);
  }

  /** Calls an endpoint with the proof of the session's key. */
  async sessionCall(method: string, path: string, body?: unknown): Promise<CisResponse> {
    const proof = await this.proof({ method, path, sid: this.sessionId });
    return this.cis.call(path, {
      method,
      ...(body === undefined ? {} : { body }),
      headers: { [proofHeader]: proof },
    });
  }

  heartbeat(): Promise<CisResponse> {
    return this.sessionCall('POST', paths.heartbeat(this.sessionId));
  }

  /** Calls an endpoint with the proof of the agent's own key. */
  async agentCall(path: string, body: unknown): Promise<CisResponse> {
    const header = { jwk: this.agentKey.jwk };
    const proof = await this.proof({ method: 'POST', path, header }, this.agentKey);
    return this.cis.call(path, { body, headers: { [proofHeader]: proof } });
  }

  /** Requests a code that unlocks the card in the reader. */
  askCode({ serial, certificate }: TestCard): Promise<CisResponse> {
    return this.agentCall(paths.unlockCode(serial), { certificate });
  }

  giveCode({ serial, certificate }: TestCard, code: string): Promise<CisResponse> {
    return this.agentCall(paths.unlock(serial), { certificate, code });
  }

  /** Reports the presence of the agent. */
  async sayPresent(plan: Partial<ProofPlan> = {}, sessionId: string | null = null): Promise<CisResponse> {
    const proof = await this.proof(
      { method: 'POST', path: paths.presence, header: { jwk: this.agentKey.jwk }, ...plan },
      this.agentKey,
    );
    return this.cis.call(paths.presence, { body: { sessionId }, headers: { [proofHeader]: proof } });
  }

  /** Reports that the agent has restarted. */
  async start(plan: Partial<ProofPlan> = {}): Promise<CisResponse> {
    const call = { method: 'DELETE', path: paths.agentSessions };
    const proof = await this.proof({ ...call, header: { jwk: this.agentKey.jwk }, ...plan }, this.agentKey);
    return this.cis.call(call.path, { method: call.method, headers: { [proofHeader]: proof } });
  }
}
