import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { CompactSign } from 'jose';
import { type KeyPair, newKeyPair } from '../keys.ts';
import { now } from '../time.ts';

type Members = Record<string, unknown>;

/** What the provider does in one sign-in other than usual; undefined removes a claim or header member. */
export interface Behaviour {
  claims?: Members;
  header?: Members;
  /** The key of ID tokens. */
  signs?: 'own' | 'none' | 'of another';
  /** A second key in the set, which fits too. */
  more?: boolean;
  /** Whether it takes the secret in the header alone. */
  basicAlone?: true;
  /** Replaces members of userinfo. */
  userinfo?: Members;
}

export const client = { id: 'conformance-client', secret: 'secret of the conformance client' };

/** A provider for the plans of relying parties, whose issuer and responses have the form of the foundation's suite. */
export interface SuiteProvider {
  /** Ends in a slash. */
  issuer: string;
  /** Replaces the behaviour, and forgets what was called. */
  behave(behaviour: Behaviour): void;
  /** The endpoints that were called, in order. */
  calls: string[];
  stop(): void;
}

const levels = {
  acr: 'AAL3_ANY',
  amr: ['N3_SMARTCARD'],
  authentication_assurance_level: '3',
  id_assurance_level: '3',
};
const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Starts the provider. It signs one user in without a page. */
export async function startSuiteProvider(): Promise<SuiteProvider> {
  const [own, second, stranger] = await Promise.all(
    ['own', 'second', 'own'].map((kid) => newKeyPair('RS256', kid)),
  );
  if (!own || !second || !stranger) throw new Error('no keys');
  const nonces = new Map<string, string | null>();
  const calls: string[] = [];
  let behaviour: Behaviour = {};
  let issuer = '';

  async function sign(claims: Members): Promise<string> {
    const header = JSON.parse(JSON.stringify({ alg: 'RS256', kid: 'own', typ: 'JWT', ...behaviour.header }));
    const kept = JSON.parse(JSON.stringify({ ...claims, ...behaviour.claims })) as object;
    if (behaviour.signs === 'none') return `${base64url({ ...header, alg: 'none' })}.${base64url(kept)}.`;
    const key: KeyPair = behaviour.signs === 'of another' ? (stranger as KeyPair) : (own as KeyPair);
    return new CompactSign(Buffer.from(JSON.stringify(kept))).setProtectedHeader(header).sign(key.privateKey);
  }

  const sub = '656005750104';
  const endpoints: Record<string, (url: URL, request: IncomingMessage) => Promise<object | string>> = {
    async '.well-known/openid-configuration'() {
      return {
        issuer,
        authorization_endpoint: `${issuer}authorize`,
        token_endpoint: `${issuer}access_token`,
        userinfo_endpoint: `${issuer}userinfo`,
        jwks_uri: `${issuer}connect/jwk_uri`,
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['RS256'],
        token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic'],
        code_challenge_methods_supported: ['S256'],
      };
    },
    async 'connect/jwk_uri'() {
      return { keys: [own.publicJwk, ...(behaviour.more ? [second.publicJwk] : [])] };
    },
    async authorize({ searchParams }) {
      const code = randomUUID();
      nonces.set(code, searchParams.get('nonce'));
      const back = new URL(searchParams.get('redirect_uri') ?? '');
      back.searchParams.set('code', code);
      const state = searchParams.get('state');
      if (state !== null) back.searchParams.set('state', state);
      return back.href;
    },
    async access_token(_, request) {
      const form = new URLSearchParams(await text(request));
      const [user = '', password = ''] = Buffer.from(
        request.headers.authorization?.replace('Basic ', '') ?? '',
        'base64',
      )
        .toString()
        .split(':')
        .map((part) => decodeURIComponent(part.replaceAll('+', ' ')));
      const secret = behaviour.basicAlone ? password : (form.get('client_secret') ?? password);
      const code = form.get('code') ?? '';
      if ((form.get('client_id') ?? user) !== client.id || secret !== client.secret || !nonces.has(code))
        return { error: 'invalid_client' };
      const nonce = nonces.get(code) ?? undefined;
      const iat = now();
      const claims = {
        iss: issuer,
        sub,
        aud: client.id,
        iat,
        exp: iat + 300,
        auth_time: iat,
        nonce,
        ...levels,
      };
      // RFC 6749 section 5.1 only recommends expires_in, and the suite leaves it out.
      return { access_token: randomUUID(), token_type: 'Bearer', id_token: await sign(claims) };
    },
    async userinfo() {
      const role = { person_roleid: '555254242103', org_code: 'RJ11', role_code: 'R8008' };
      return { sub, name: 'Test Person', nhsid_nrbac_roles: [role], ...behaviour.userinfo };
    },
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', issuer);
    const name = url.href.startsWith(issuer) ? (url.href.slice(issuer.length).split('?')[0] ?? '') : '';
    const endpoint = endpoints[name];
    if (!endpoint) return void response.writeHead(404).end();
    calls.push(name);
    const body = await endpoint(url, request);
    if (typeof body === 'string') return void response.writeHead(302, { location: body }).end();
    const status = 'error' in body ? 401 : 200;
    response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
    response.end(JSON.stringify(body));
  }

  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}/test/a/alongside/`;
  return {
    issuer,
    calls,
    behave(wanted) {
      behaviour = wanted;
      calls.length = 0;
    },
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}
