import { createPrivateKey, createPublicKey, verify } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '@alongside/kernel/clock';
import { uuid } from '@alongside/kernel/ids';
import { type JsonWebKey, signJwt } from '@alongside/kernel/jws';
import { newKeyPair } from '@alongside/kernel/key-pairs';
import {
  type ChangesAnswer,
  type EndCause,
  type Person,
  type PersonMail,
  type PresenceAnswer,
  type ProofRequest,
  paths,
  type SessionState,
  sessionCertificateType,
} from '../../cis/protocol.ts';

/** The interface of CIS for CIS2. Its protocol and keys are real, its directory is a map. A "certificate" is the card's public key. */
export interface TestCis {
  url: string;
  secret: string;
  people: Map<string, Person>;
  sessions: Map<string, SessionState>;
  agents: PresenceAnswer['agents'];
  /** Uids of changed people, in order. */
  changed: string[];
  /** Those of them who were disabled, even if they were enabled again since. */
  gone: string[];
  /** Mails from CIS2. */
  mails: { uid: string; mail: PersonMail }[];
  /** Returns 503 for mails. */
  refusesMail: boolean;
  /** Returns 503 for every request. */
  down: boolean;
  calls: string[];
  /** Network addresses of presence requests. */
  addresses: string[];
  signIn(
    session: Pick<SessionState, 'uid' | 'agentId' | 'sessionKey'> & Partial<SessionState>,
  ): Promise<{ sid: string; certificate: string }>;
  certify(claims: Record<string, unknown>, header?: Record<string, string>): Promise<string>;
  end(sid: string, cause: EndCause): void;
  stop(): Promise<void>;
}

const body = async (request: IncomingMessage): Promise<string> => {
  let text = '';
  for await (const part of request) text += part;
  return text;
};

const cardHolds = ({ message, card }: ProofRequest) => {
  if (message === null || card === null) return null;
  const key = createPublicKey({ key: Buffer.from(card.certificate, 'base64'), format: 'der', type: 'spki' });
  const valid = verify('sha256', Buffer.from(message, 'base64'), key, Buffer.from(card.signature, 'base64'));
  return { valid, reason: valid ? null : ('signature_invalid' as const) };
};

export async function startCis(clock: Clock): Promise<TestCis> {
  const pair = await newKeyPair('ES256');
  const key = createPrivateKey(pair.privatePem);
  const iso = (time: number) => new Date(time).toISOString();
  const certify: TestCis['certify'] = (claims, header = {}) =>
    signJwt({ alg: 'ES256', kid: 'cis-1', typ: sessionCertificateType, ...header } as never, claims, key);

  const changesOf = (query: string): ChangesAnswer => {
    const after = new URLSearchParams(query).get('after');
    const last = cis.changed.length;
    const uids = cis.changed.slice(after === null ? last : Number(after));
    return { uids, gone: uids.filter((uid) => cis.gone.includes(uid)), last };
  };
  const answerTo = (method: string, path: string, query: string, text: string): [number, unknown] => {
    const [, first, second, third, fourth] = path.split('/');
    if (first === 'jwks')
      return [200, { keys: [{ ...pair.publicJwk, kid: 'cis-1', alg: 'ES256', use: 'sig' } as JsonWebKey] }];
    if (first === 'agents') cis.addresses.push(new URLSearchParams(query).get('address') ?? '');
    if (first === 'agents') return [200, { agents: cis.agents }];
    if (path === paths.changes) return [200, changesOf(query)];
    if (first === 'directory' && third === undefined)
      return [200, { people: [...cis.people.values()], next: null }];
    if (fourth === 'mail' && cis.refusesMail) return [503, {}];
    if (fourth === 'mail') {
      cis.mails.push({ uid: third ?? '', mail: JSON.parse(text) as PersonMail });
      return [200, { mailed: true }];
    }
    if (first === 'directory') {
      const person = cis.people.get(third ?? '');
      return person ? [200, person] : [404, {}];
    }
    const session = cis.sessions.get(second ?? '');
    if (!session) return [404, {}];
    if (method === 'GET') return [200, session];
    return [200, { session, card: cardHolds(JSON.parse(text) as ProofRequest) }];
  };

  const server = createServer(async (request, response) => {
    const [path = '', query = ''] = (request.url ?? '').split('?');
    cis.calls.push(`${request.method} ${path}`);
    const secret = path === '/jwks' || request.headers.authorization === `Bearer ${cis.secret}`;
    const [status, answer] = cis.down
      ? [503, {}]
      : secret
        ? answerTo(request.method ?? '', path, query, await body(request))
        : [401, {}];
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const cis: TestCis = {
    url,
    secret: 'secret-of-cis2-at-cis',
    people: new Map(),
    changed: [],
    gone: [],
    sessions: new Map(),
    agents: [],
    mails: [],
    refusesMail: false,
    down: false,
    calls: [],
    addresses: [],
    certify,
    async signIn(session) {
      const sid = session.sessionId ?? uuid();
      const now = clock.now();
      cis.sessions.set(sid, {
        active: true,
        sessionId: sid,
        cardSerial: '1',
        generation: 'hscn',
        mode: 'normal',
        pinTime: iso(now),
        endsAt: iso(now + 36_000_000),
        roleId: null,
        endCause: null,
        ...session,
      });
      const seconds = Math.floor(now / 1000);
      const claims = {
        iss: url,
        sub: session.uid,
        sid,
        iat: seconds,
        exp: seconds + 36_000,
        cnf: { jwk: session.sessionKey },
      };
      return { sid, certificate: await certify(claims) };
    },
    end(sid, cause) {
      const session = cis.sessions.get(sid);
      if (session) cis.sessions.set(sid, { ...session, active: false, endCause: cause });
    },
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
  return cis;
}
