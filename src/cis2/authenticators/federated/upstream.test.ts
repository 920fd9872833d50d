import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, describe, test } from 'node:test';
import { ManualClock } from '@alongside/kernel/clock';
import { OperatorError } from '@alongside/kernel/operator';
import type { FederatedProvider } from './provider.ts';
import { FederationProblem, newUpstreamRequest, Upstream } from './upstream.ts';

// A provider; each test sets its responses.
type Answering = (request: IncomingMessage, response: ServerResponse, body: string) => void;
let answering: Answering;
let issuer: string;
let asked: string[] = [];
const server = createServer((request, response) => {
  let body = '';
  request.on('data', (part) => (body += part));
  request.on('end', () => {
    asked.push(request.url ?? '');
    answering(request, response, body);
  });
});
const clock = new ManualClock(1_800_000_000_000);
before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => new Promise<void>((resolve) => server.close(() => resolve())));

const metadata = () => ({
  issuer,
  authorization_endpoint: `${issuer}/auth`,
  token_endpoint: `${issuer}/token`,
  jwks_uri: `${issuer}/jwks`,
});
beforeEach(() => {
  asked = [];
  answering = (_request, response) => response.end(JSON.stringify(metadata()));
});
const provider = (more: Partial<FederatedProvider> = {}): FederatedProvider => ({
  id: 'federated',
  label: 'Mail',
  issuer,
  clientId: 'us & them',
  authentication: { secret: 'a:b%c d' },
  scope: 'openid',
  acr: [],
  nameClaim: 'email',
  ...more,
});
const upstream = (more = {}, plainHttp = true) =>
  new Upstream(provider(more), clock, plainHttp, 'https://cis2.example.test');
const problem = async (act: Promise<unknown>): Promise<string> =>
  act.then(
    () => 'none',
    (error) => (error instanceof FederationProblem ? error.problem : `${error}`),
  );

describe('metadata of a provider', () => {
  test('fetches them once an hour', async () => {
    const one = upstream();
    await one.metadata();
    await one.metadata();
    assert.deepEqual(asked, ['/.well-known/openid-configuration']);
    clock.advance(3_601);
    await one.metadata();
    assert.equal(asked.length, 2);
  });
  const cases: [string, () => unknown, string][] = [
    ['metadata of another issuer', () => ({ ...metadata(), issuer: 'https://evil.example.test' }), 'refused'],
    ['metadata of a similar issuer', () => ({ ...metadata(), issuer: `${issuer}/` }), 'refused'],
    ['metadata without a token endpoint', () => ({ ...metadata(), token_endpoint: undefined }), 'refused'],
    [
      'metadata with an address of another scheme',
      () => ({ ...metadata(), jwks_uri: 'file:///etc/passwd' }),
      'refused',
    ],
    [
      'metadata with a script instead of an address',
      () => ({ ...metadata(), authorization_endpoint: 'javascript:alert(1)' }),
      'refused',
    ],
    ['metadata in a list', () => [], 'refused'],
    ['metadata as a string', () => 'hello', 'refused'],
  ];
  for (const [name, value, expected] of cases)
    test(`reports ${expected} for ${name}`, async () => {
      answering = (_request, response) => response.end(JSON.stringify(value()));
      assert.equal(await problem(upstream().metadata()), expected);
    });
  test('does not follow a redirect', async () => {
    answering = (_request, response) => response.writeHead(302, { location: `${issuer}/other` }).end();
    assert.equal(await problem(upstream().metadata()), 'refused');
    assert.equal(asked.length, 1);
  });
  test('does not read more than a megabyte', async () => {
    answering = (_request, response) => response.end(' '.repeat(1_100_000));
    assert.equal(await problem(upstream().metadata()), 'unreachable');
  });
  test('reports a broken connection as unreachable', async () => {
    answering = (request) => request.socket.destroy();
    assert.equal(await problem(upstream().metadata()), 'unreachable');
  });
});

test('refuses plain HTTP outside development', async () => {
  assert.throws(() => upstream({}, false), OperatorError);
  assert.doesNotThrow(() => upstream({ issuer: 'https://mail.example.test' }, false));
});

test('sends every value that the response must match', async () => {
  const request = newUpstreamRequest();
  const url = new URL(await upstream({ acr: ['a', 'b'] }).authorizeUrl(request, { maxAge: 0, fresh: true }));
  assert.deepEqual(Object.fromEntries(url.searchParams), {
    response_type: 'code',
    client_id: 'us & them',
    redirect_uri: 'https://cis2.example.test/federated/federated/callback',
    scope: 'openid',
    state: request.state,
    nonce: request.nonce,
    code_challenge: url.searchParams.get('code_challenge'),
    code_challenge_method: 'S256',
    max_age: '0',
    prompt: 'login',
    acr_values: 'a b',
  });
  assert.notEqual(url.searchParams.get('code_challenge'), request.verifier);
});

test('sends the secret in the header, form-encoded (RFC 6749 section 2.3.1)', async () => {
  let header = '';
  let form = new URLSearchParams();
  answering = (request, response, body) => {
    if (request.url !== '/token') return response.end(JSON.stringify(metadata()));
    header = request.headers.authorization ?? '';
    form = new URLSearchParams(body);
    return response.end(JSON.stringify({ id_token: 'x.y.z' }));
  };
  assert.equal(await upstream().redeem('the code', 'the verifier'), 'x.y.z');
  assert.equal(Buffer.from(header.slice(6), 'base64').toString(), 'us+%26+them:a%3Ab%25c+d');
  assert.deepEqual(
    [form.get('code'), form.get('code_verifier'), form.has('client_secret')],
    ['the code', 'the verifier', false],
  );
});

for (const [name, answer] of [
  ['an error', (response: ServerResponse) => response.writeHead(400).end('{"error":"invalid_grant"}')],
  ['a response without an ID token', (response: ServerResponse) => response.end('{"access_token":"x"}')],
  ['an ID token that is not a string', (response: ServerResponse) => response.end('{"id_token":{}}')],
  ['a response that is not JSON', (response: ServerResponse) => response.end('<html>')],
] as const)
  test(`refuses ${name} for a code`, async () => {
    answering = (request, response) =>
      request.url === '/token' ? answer(response) : response.end(JSON.stringify(metadata()));
    assert.equal(await problem(upstream().redeem('code', 'verifier')), 'refused');
  });
