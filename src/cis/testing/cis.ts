import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { Background } from '@alongside/kernel/background';
import { ManualClock } from '@alongside/kernel/clock';
import { EventRecorder, type JourneyEvent } from '@alongside/kernel/events';
import { createListener } from '@alongside/kernel/http';
import { randomDigits, randomToken } from '@alongside/kernel/ids';
import { type JsonWebKey, thumbprint } from '@alongside/kernel/jwk';
import { signJwt } from '@alongside/kernel/jws';
import { SigningKeys } from '@alongside/kernel/keys';
import { silentLog } from '@alongside/kernel/log';
import { Vault } from '@alongside/kernel/secrets';
import { AuditLog } from '../../storage/audit.ts';
import type { Database } from '../../storage/database.ts';
import { openDatabase } from '../../storage/dialects.ts';
import { StoredEvents } from '../../storage/events.ts';
import { Settings } from '../../storage/settings.ts';
import { StoredKeys } from '../../storage/signing-keys.ts';
import { SingleUse } from '../../storage/single-use.ts';
import { reset, seed } from '../directory/seed.ts';
import { type CisDeps, type CisService, createCis } from '../index.ts';
import {
  agentCallType,
  type CardProfile,
  type CardSignature,
  type CertificateAnswer,
  type ChallengeAnswer,
  paths,
  proofHeader,
  type SessionEnded,
  type SignInAnswer,
  type SignInRequest,
  sessionEndedPath,
  signInMessage,
} from '../protocol.ts';

// A whole CIS behind a port, a subscriber behind another, and desks with software cards: what the tests of this folder share.

export const startTime = Date.parse('2026-03-02T09:00:00Z');
/** The public address; the listener's own port is another. */
export const origin = 'http://cis.test';
const secrets = {
  cis2: 'secret-of-cis2',
  console: 'secret-of-the-console',
  authorisation: 'secret-of-authorisation',
  cardIssuer: 'secret-of-the-card-issuer',
};

export interface Answered {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
}

interface CallOptions {
  method?: string;
  body?: unknown;
  headers?: Record<string, string>;
  /** Service that calls. */
  as?: keyof typeof secrets;
}

/** What CIS2 stands for here: it keeps what it is told, and may be made to fail. */
export interface TestSubscriber {
  url: string;
  told: SessionEnded[];
  authorizations: (string | undefined)[];
  /** Statuses of the next answers; 204 after them. */
  failures: number[];
  /** Resolves when so many were told. */
  heard(count: number): Promise<void>;
  close(): Promise<void>;
}

export async function startSubscriber(): Promise<TestSubscriber> {
  const { Answer } = await import('@alongside/kernel/answer');
  const waiting: { count: number; resolve(): void }[] = [];
  const subscriber = {
    told: [] as SessionEnded[],
    authorizations: [] as (string | undefined)[],
    failures: [] as number[],
  };
  const listener = createListener(
    [
      {
        methods: ['POST'],
        path: sessionEndedPath,
        endpoint: async (request) => {
          subscriber.authorizations.push(request.headers.authorization);
          const failure = subscriber.failures.shift();
          if (failure !== undefined) return new Answer(failure);
          subscriber.told.push(JSON.parse(request.body) as SessionEnded);
          for (const { count, resolve } of waiting) if (subscriber.told.length >= count) resolve();
          return new Answer(204);
        },
      },
    ],
    { name: 'subscriber', log: silentLog },
  );
  const port = await listener.listen(0);
  return Object.assign(subscriber, {
    url: `http://127.0.0.1:${port}`,
    heard: (count: number) =>
      new Promise<void>((resolve) => {
        if (subscriber.told.length >= count) resolve();
        else waiting.push({ count, resolve });
      }),
    close: () => listener.close(),
  });
}

export interface TestCis {
  clock: ManualClock;
  database: Database;
  audit: AuditLog;
  service: CisService;
  /** What no request waits for. */
  background: Background;
  events(name: string): Promise<JourneyEvent[]>;
  call(path: string, options?: CallOptions): Promise<Answered>;
  reset(): Promise<void>;
  close(): Promise<void>;
}

export async function startCis(changes: Partial<CisDeps> = {}): Promise<TestCis> {
  const clock = new ManualClock(startTime);
  const database = changes.database ?? (await openDatabase(':memory:', ''));
  await seed(database);
  const vault = new Vault(Buffer.alloc(32, 7));
  const store = new StoredEvents(database);
  const recorder = new EventRecorder(clock, store);
  const audit = new AuditLog(database, clock, vault);
  const background = new Background();
  const service = createCis({
    clock,
    database,
    singleUse: new SingleUse(database, clock),
    settings: new Settings(database),
    audit,
    keys: new SigningKeys('cis', new StoredKeys(database, vault), clock),
    vault,
    recorder,
    background,
    log: silentLog,
    urls: { console: '', api: '', cis2: '', identityAgent: '', sample: '', cis: origin },
    development: true,
    allowVirtualCards: false,
    subscribers: [],
    serviceSecrets: secrets,
    ...changes,
  });
  const listener = createListener(service.routes, {
    name: 'cis',
    log: silentLog,
    flush: () => recorder.flush(),
  });
  const port = await listener.listen(0);

  async function call(path: string, { method, body, headers, as }: CallOptions = {}): Promise<Answered> {
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      headers: {
        ...(text === undefined ? {} : { 'content-type': 'application/json' }),
        ...(as === undefined ? {} : { authorization: `Bearer ${secrets[as]}` }),
        ...headers,
      },
      ...(text === undefined ? {} : { body: text }),
    });
    const answer = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: answer === '' ? {} : JSON.parse(answer),
    };
  }

  return {
    clock,
    database,
    audit,
    service,
    background,
    call,
    events: async (name) => {
      await recorder.flush();
      return (await store.list()).filter((event) => event.name === name);
    },
    reset: () => reset(database),
    close: async () => {
      await service.stop?.();
      await listener.close();
      await background.settled();
      if (!changes.database) await database.close();
    },
  };
}

/** A software card: the keys of a virtual card without its applet. */
export interface TestCard {
  uid: string;
  serial: string;
  /** DER in base64. */
  certificate: string;
  signingCertificate: string;
  sign(message: string | Uint8Array): CardSignature;
}

export const newCardKey = (type: 'ec' | 'rsa' = 'ec') =>
  type === 'ec'
    ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
    : generateKeyPairSync('rsa', { modulusLength: 2_048 });

export const spkiOf = (key: KeyObject): string =>
  key.export({ type: 'spki', format: 'der' }).toString('base64');

/** Has a card issued by the endpoint. */
export async function issueCard(
  cis: TestCis,
  uid: string,
  { profile = 'standard', type = 'ec' }: { profile?: CardProfile; type?: 'ec' | 'rsa' } = {},
): Promise<TestCard> {
  const [authentication, signing] = [newCardKey(type), newCardKey()];
  const serial = randomDigits(12);
  const order = {
    uid,
    cardSerial: serial,
    profile,
    authenticationKey: spkiOf(authentication.publicKey),
    signingKey: spkiOf(signing.publicKey),
  };
  const { status, body } = await cis.call(paths.certificates, { body: order, as: 'cardIssuer' });
  assert.equal(status, 201, JSON.stringify(body));
  const certificates = body as unknown as CertificateAnswer;
  return {
    uid,
    serial,
    certificate: certificates.authentication,
    signingCertificate: certificates.signing,
    sign: (message) => ({
      certificate: certificates.authentication,
      signature: sign('sha256', Buffer.from(message), authentication.privateKey).toString('base64'),
    }),
  };
}

interface KeyPair {
  jwk: JsonWebKey;
  privateKey: KeyObject;
}

export function newP256(): KeyPair {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { jwk: publicKey.export({ format: 'jwk' }) as JsonWebKey, privateKey };
}

/** What a proof says, and how a test may spoil it. */
export interface ProofPlan {
  method: string;
  path: string;
  sid?: string;
  claims?: Record<string, unknown>;
  header?: { typ?: string; jwk?: JsonWebKey };
}

/** One workstation: its agent's key and the key of its session. */
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
    const { body } = await this.cis.call(paths.challenge, { method: 'POST' });
    return (body as unknown as ChallengeAnswer).challenge;
  }

  /** The body of a sign-in, right unless the changes spoil it. */
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
  async send(body: SignInRequest, plan: Partial<ProofPlan> = {}): Promise<Answered> {
    const header = { jwk: this.agentKey.jwk };
    const proof = await this.proof({ method: 'POST', path: paths.sessions, header, ...plan }, this.agentKey);
    return this.cis.call(paths.sessions, { body, headers: { [proofHeader]: proof } });
  }

  /** Tries to sign in. */
  async trySignIn(card: TestCard, changes: Partial<SignInRequest> = {}): Promise<Answered> {
    const answer = await this.send(await this.signInRequest(card, changes));
    if (answer.status === 201) this.sessionId = String(answer.body.sessionId);
    return answer;
  }

  /** Signs in; anything but success is an error of the test. */
  async signIn(card: TestCard, changes: Partial<SignInRequest> = {}): Promise<SignInAnswer> {
    const { status, body } = await this.trySignIn(card, changes);
    assert.equal(status, 201, JSON.stringify(body));
    return body as unknown as SignInAnswer;
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

  /** A call of the agent for its session. */
  async sessionCall(method: string, path: string, body?: unknown): Promise<Answered> {
    const proof = await this.proof({ method, path, sid: this.sessionId });
    return this.cis.call(path, {
      method,
      ...(body === undefined ? {} : { body }),
      headers: { [proofHeader]: proof },
    });
  }

  heartbeat(): Promise<Answered> {
    return this.sessionCall('POST', paths.heartbeat(this.sessionId));
  }

  /** A call with the proof of the agent's own key. */
  async agentCall(path: string, body: unknown): Promise<Answered> {
    const header = { jwk: this.agentKey.jwk };
    const proof = await this.proof({ method: 'POST', path, header }, this.agentKey);
    return this.cis.call(path, { body, headers: { [proofHeader]: proof } });
  }

  /** Asks for a code that unlocks the card in the reader. */
  askCode({ serial, certificate }: TestCard): Promise<Answered> {
    return this.agentCall(paths.unlockCode(serial), { certificate });
  }

  giveCode({ serial, certificate }: TestCard, code: string): Promise<Answered> {
    return this.agentCall(paths.unlock(serial), { certificate, code });
  }

  /** The agent says that it is there. */
  async sayPresent(plan: Partial<ProofPlan> = {}, sessionId: string | null = null): Promise<Answered> {
    const proof = await this.proof(
      { method: 'POST', path: paths.presence, header: { jwk: this.agentKey.jwk }, ...plan },
      this.agentKey,
    );
    return this.cis.call(paths.presence, { body: { sessionId }, headers: { [proofHeader]: proof } });
  }

  /** It has started anew. */
  async start(plan: Partial<ProofPlan> = {}): Promise<Answered> {
    const call = { method: 'DELETE', path: paths.agentSessions };
    const proof = await this.proof({ ...call, header: { jwk: this.agentKey.jwk }, ...plan }, this.agentKey);
    return this.cis.call(call.path, { method: call.method, headers: { [proofHeader]: proof } });
  }
}

/** Uids of seeded people. */
export const uids = {
  gp: '656005750108',
  clinician: '656005750107',
  admin: '656005750104',
  nurse: '656005750105',
  locum: '656005750106',
  starter: '656005750113',
  unproven: '656005750114',
};
