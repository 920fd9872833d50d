// Simulated workstations, each with a software card, an agent key and a session, which sign in over HTTP.
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { randomDigits, randomToken } from '@alongside/kernel/ids';
import { decodeJwt, type JsonWebKey, signJwt, thumbprint } from '@alongside/kernel/jws';
import { cardMessage, type HandOffRequest, proofType } from '../identity-agent/protocol.ts';
import {
  agentCallType,
  type CertificateAnswer,
  type ChallengeAnswer,
  paths,
  proofHeader,
  type SignInAnswer,
  signInMessage,
} from '../src/cis/protocol.ts';

interface Pair {
  jwk: JsonWebKey;
  key: KeyObject;
}

const newPair = (): Pair => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { jwk: publicKey.export({ format: 'jwk' }) as JsonWebKey, key: privateKey };
};
const now = (): number => Math.floor((performance.timeOrigin + performance.now()) / 1_000);
const spki = (jwk: JsonWebKey): string =>
  Buffer.concat([
    Buffer.from('3059301306072a8648ce3d020106082a8648ce3d03010703420004', 'hex'),
    Buffer.from(String(jwk.x), 'base64url'),
    Buffer.from(String(jwk.y), 'base64url'),
  ]).toString('base64');

/** Posts JSON; throws unless it succeeds. */
export async function post<T>(url: string, body: unknown, headers: Record<string, string> = {}): Promise<T> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text.slice(0, 300)}`);
  return (text === '' ? {} : JSON.parse(text)) as T;
}

/** A signed-in user at a workstation. */
export class BenchDesk {
  readonly #cis: string;
  readonly #agent = newPair();
  readonly #session = newPair();
  readonly #card: KeyObject;
  readonly #certificate: string;
  readonly #uid: string;
  #answer: SignInAnswer | undefined;

  private constructor(cis: string, uid: string, card: KeyObject, certificate: string) {
    this.#cis = cis;
    this.#uid = uid;
    this.#card = card;
    this.#certificate = certificate;
  }

  /** Creates a card for this person, certified by CIS. */
  static async issue(cis: string, uid: string, issuerSecret: string): Promise<BenchDesk> {
    const [card, signing] = [newPair(), newPair()];
    const { authentication } = await post<CertificateAnswer>(
      `${cis}${paths.certificates}`,
      {
        uid,
        cardSerial: randomDigits(12),
        profile: 'standard',
        authenticationKey: spki(card.jwk),
        signingKey: spki(signing.jwk),
      },
      { authorization: `Bearer ${issuerSecret}` },
    );
    return new BenchDesk(cis, uid, card.key, authentication);
  }

  /** Signs in at CIS with card and PIN. */
  async signIn(): Promise<void> {
    const { challenge } = await post<ChallengeAnswer>(`${this.#cis}${paths.challenge}`, {});
    const url = `${this.#cis}${paths.sessions}`;
    const claims = { htm: 'POST', htu: url, iat: now(), jti: randomToken(16) };
    const proof = await signJwt(
      { alg: 'ES256', typ: agentCallType, jwk: this.#agent.jwk },
      claims,
      this.#agent.key,
    );
    this.#answer = await post<SignInAnswer>(
      url,
      {
        ...this.#signed(Buffer.from(signInMessage(challenge, thumbprint(this.#session.jwk)))),
        challenge,
        sessionKey: this.#session.jwk,
        agentId: thumbprint(this.#agent.jwk),
        generation: 'hscn',
        mode: 'normal',
      },
      { [proofHeader]: proof },
    );
  }

  /** Waits for the end of the session, like an agent, until the signal. */
  async waitForEnd(gone: AbortSignal): Promise<void> {
    const { sessionId: sid } = this.#answer ?? {};
    if (sid === undefined) throw new Error('this desk has not signed in');
    const url = `${this.#cis}${paths.end(sid)}`;
    while (!gone.aborted) {
      const claims = { htm: 'GET', htu: url, iat: now(), jti: randomToken(16), sid };
      const proof = await signJwt({ alg: 'ES256', typ: agentCallType }, claims, this.#session.key);
      const answer = await fetch(url, { headers: { [proofHeader]: proof }, signal: gone });
      if (!answer.ok || ((await answer.json()) as { endCause: unknown }).endCause !== null) return;
    }
  }

  /** Completes a hand-off of CIS2; returns the browser's next address. */
  async handOff(location: string, exchangeUrl: string): Promise<string> {
    const session = this.#answer;
    const request = decodeJwt(new URL(location).searchParams.get('request') ?? '')
      ?.claims as unknown as HandOffRequest;
    if (!session) throw new Error('nobody is signed in at this desk');
    const { signature, certificate } = this.#signed(cardMessage(request.iss, request.nonce));
    const claims = {
      iss: thumbprint(this.#agent.jwk),
      aud: request.iss,
      request_jti: request.jti,
      nonce: request.nonce,
      txn_h: request.txn_h,
      cis_sid: session.sessionId,
      sub: this.#uid,
      iat: now(),
      pin_time: now(),
      card_present: true,
      ...(session.roleId === null ? {} : { selected_roleid: session.roleId }),
      card_signature: signature,
      card_certificate: certificate,
    };
    const proof = await signJwt({ alg: 'ES256', typ: proofType }, claims, this.#session.key);
    const { code } = await post<{ code: string }>(exchangeUrl, {
      proof,
      sessionCertificate: session.sessionCertificate,
    });
    return `${request.response_uri}?code=${code}`;
  }

  #signed(message: Uint8Array): { certificate: string; signature: string } {
    return {
      certificate: this.#certificate,
      signature: sign('sha256', message, this.#card).toString('base64'),
    };
  }
}
