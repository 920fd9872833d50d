import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { seconds } from '@alongside/kernel/clock';
import type { JwtClaims } from '@alongside/kernel/jws';
import { readCertificate } from '../../src/oauth/mutual-tls.ts';
import { newAuthority, type TestCertificate } from '../../src/oauth/testing/certificates.ts';
import {
  assertion,
  assertionForm,
  authorization,
  codeForm,
  type Form,
  type Headers,
  jktOf,
  type Key,
  mutualTlsUrl,
  newCode,
  newKey,
  post,
  proof,
  type Reply,
  requestObject,
  type Server,
  startServers,
} from './servers.ts';

let servers: readonly Server[];
let own: TestCertificate;
let client: Key;
let prover: Key;
let thief: Key;
before(async () => {
  ({ servers } = await startServers());
  const now = servers[0]?.clock.now() ?? 0;
  [own, client, prover, thief] = await Promise.all([
    newAuthority(now),
    newKey('key-1'),
    newKey(''),
    newKey(''),
  ]);
});
after(() => Promise.all(servers.map((server) => server.stop())));

/** Runs a test on both servers; a failure names the server. */
const both = (name: string, run: (server: Server) => Promise<void>) =>
  test(name, async (t) => {
    for (const server of servers) await t.test(server.name, () => run(server));
  });

const result = ({ status, body }: Reply) => [status, body.error];
const dpop = async (server: Server, key = prover, claims = {}, header = {}): Promise<Headers> => ({
  dpop: await proof(server, key, server.addressOf('token'), claims, header),
});
const redeem = async (server: Server, id: string, headers: Headers = {}, more: Form = {}, form = post(id)) =>
  server.post('token', { ...codeForm(await newCode(server, id, more)), ...form }, headers);
const refresh = (server: Server, id: string, token: string, headers: Headers = {}, form: Form = post(id)) =>
  server.post('token', { grant_type: 'refresh_token', refresh_token: token, ...form }, headers);
const tokensOf = (reply: Reply): { access_token: string; refresh_token: string; token_type: string } => {
  assert.equal(reply.status, 200, reply.text);
  return reply.body;
};
const cnfOf = async (server: Server, token: string): Promise<unknown> =>
  JSON.parse((await server.find(token))?.attributes.cnf ?? 'null');
const isLive = async (server: Server, token: string): Promise<boolean> =>
  (await server.find(token))?.revokedAt === null;
const x5t = ({ der }: TestCertificate) => readCertificate(der)?.thumbprint;
/** Returns the code of a pushed request. */
async function pushedCode(server: Server, id: string, credentials: Form, headers: Headers): Promise<string> {
  const pushed = await server.post('pushed', { ...authorization(id), ...credentials }, headers);
  assert.equal(pushed.status, 201, pushed.text);
  const { location } = await server.signIn({ client_id: id, request_uri: pushed.body.request_uri });
  return new URL(location).searchParams.get('code') ?? '';
}
/** A client that authenticates with its key. */
const withKey = async (server: Server, id: string): Promise<Form> =>
  assertionForm(await assertion(server, id, client));
const keyClient = (server: Server, more = {}) =>
  server.register({ method: 'private_key_jwt', secrets: [], keys: [client.jwk], ...more });

describe('sender-constrained tokens of CIS2 and /oauth2.1', () => {
  both('are bound to the key of a DPoP proof, or to nothing', async (server) => {
    const id = await server.register();
    const bound = tokensOf(await redeem(server, id, await dpop(server)));
    assert.equal(bound.token_type, 'DPoP');
    assert.deepEqual(await cnfOf(server, bound.access_token), { jkt: jktOf(prover) });
    // The client authenticates at each refresh, so its refresh token needs no binding (RFC 9449 section 5).
    assert.equal(await cnfOf(server, bound.refresh_token), null);
    const plain = tokensOf(await redeem(server, id));
    assert.equal(plain.token_type, 'Bearer');
    assert.equal(await cnfOf(server, plain.access_token), null);
  });

  both('are bound to the certificate of a client that registered for it', async (server) => {
    const id = await server.register({ bound: 'certificate' });
    const bound = tokensOf(await redeem(server, id, own.header));
    assert.equal(bound.token_type, 'Bearer');
    assert.deepEqual(await cnfOf(server, bound.access_token), { 'x5t#S256': x5t(own) });
    assert.deepEqual(result(await redeem(server, id)), [400, 'invalid_request']);
    const other = await server.register();
    assert.equal(await cnfOf(server, tokensOf(await redeem(server, other, own.header)).access_token), null);
  });

  both(
    'are bound to key and certificate if the client registered for a certificate and sent a proof',
    async (server) => {
      const id = await server.register({ bound: 'certificate' });
      const bound = tokensOf(await redeem(server, id, { ...own.header, ...(await dpop(server)) }));
      assert.equal(bound.token_type, 'DPoP');
      const expected = { jkt: jktOf(prover), 'x5t#S256': x5t(own) };
      assert.deepEqual(await cnfOf(server, bound.access_token), expected);
    },
  );

  for (const bound of [undefined, 'dpop'] as const)
    both(
      `are bound to the proof of a client that authenticates by certificate (${bound})`,
      async (server) => {
        const id = await server.register({
          profile: 'fapi2',
          method: 'self_signed_tls_client_auth',
          keys: [own.jwk],
          bound,
        });
        const code = await pushedCode(server, id, { client_id: id }, own.header);
        const headers = { ...own.header, ...(await dpop(server)) };
        const tokens = tokensOf(await server.post('token', { ...codeForm(code), client_id: id }, headers));
        assert.equal(tokens.token_type, 'DPoP');
        assert.deepEqual(await cnfOf(server, tokens.access_token), { jkt: jktOf(prover) });
      },
    );

  both('are bound to the certificate of any fapi2 client without a proof', async (server) => {
    const id = await keyClient(server, { profile: 'fapi2' });
    const code = await pushedCode(server, id, await withKey(server, id), own.header);
    const form = { ...codeForm(code), ...(await withKey(server, id)) };
    const tokens = tokensOf(await server.post('token', form, own.header));
    assert.deepEqual(await cnfOf(server, tokens.access_token), { 'x5t#S256': x5t(own) });
  });

  both('are refused without a proof to a client that registered for DPoP', async (server) => {
    const id = await server.register({ bound: 'dpop' });
    assert.deepEqual(result(await redeem(server, id)), [400, 'invalid_dpop_proof']);
    assert.equal((await redeem(server, id, await dpop(server))).status, 200);
  });

  both('are refused to a fapi2 client without a proof or a certificate', async (server) => {
    const id = await keyClient(server, { profile: 'fapi2' });
    const ask = async (headers: Headers) =>
      result(await server.post('token', { ...codeForm('x'), ...(await withKey(server, id)) }, headers));
    assert.deepEqual(await ask({}), [400, 'invalid_dpop_proof']);
    assert.deepEqual(await ask(await dpop(server)), [400, 'invalid_grant']);
    const byTls = await server.register({
      profile: 'fapi2',
      method: 'self_signed_tls_client_auth',
      keys: [own.jwk],
    });
    const named = { ...codeForm('x'), client_id: byTls };
    assert.deepEqual(result(await server.post('token', named, own.header)), [400, 'invalid_grant']);
  });

  both('need a proof of the key that dpop_jkt names', async (server) => {
    const id = await server.register();
    const code = await newCode(server, id, { dpop_jkt: jktOf(prover) });
    const ask = (headers: Headers) => server.post('token', { ...codeForm(code), ...post(id) }, headers);
    assert.deepEqual(result(await ask({})), [400, 'invalid_dpop_proof']);
    assert.deepEqual(result(await ask(await dpop(server, thief))), [400, 'invalid_dpop_proof']);
    assert.equal(tokensOf(await ask(await dpop(server))).token_type, 'DPoP');
  });

  both('accept a proof for the mutual TLS address of the endpoint', async (server) => {
    const id = await server.register();
    const htu = `${mutualTlsUrl}${new URL(server.addressOf('token')).pathname}`;
    const ask = async (claims: object) =>
      result(
        await server.post('token', { ...codeForm('x'), ...post(id) }, await dpop(server, prover, claims)),
      );
    assert.deepEqual(await ask({ htu }), [400, 'invalid_grant']);
    assert.deepEqual(await ask({ htu: `${server.addressOf('token')}?x=1` }), [400, 'invalid_grant']);
  });

  type Proof = (server: Server) => Promise<string> | string;
  const proofOf =
    (claims: (server: Server) => object = () => ({}), header: () => object = () => ({})): Proof =>
    (server) =>
      proof(server, prover, server.addressOf('token'), claims(server) as JwtClaims, header());
  const valid = proofOf();
  const at = (offset: number) => (server: Server) => ({ iat: seconds(server.clock) + offset });
  const json = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

  const accepted: [string, Proof][] = [
    ['issued 59 s ago', proofOf(at(-59))],
    ['issued 10 s ahead', proofOf(at(10))],
    ['with query and fragment in htu', proofOf((server) => ({ htu: `${server.addressOf('token')}?x=1#y` }))],
    [
      'with another spelling of htu',
      proofOf((server) => ({ htu: server.addressOf('token').replace('http', 'HTTP') })),
    ],
    ['with unknown claims', proofOf(() => ({ exp: 1, nbf: 4e9, iss: 'x' }))],
  ];
  const refused: [string, Proof][] = [
    ['that is not a JWS', () => 'proof'],
    ['that is empty', () => ''],
    ['besides another one', async (server) => `${await valid(server)}, ${await valid(server)}`],
    ['of another type', proofOf(undefined, () => ({ typ: 'JWT' }))],
    ['without its key', proofOf(undefined, () => ({ jwk: undefined }))],
    [
      'with the private key in its header (CVE-2026-54431)',
      proofOf(undefined, () => ({ jwk: prover.privateKey.export({ format: 'jwk' }) })),
    ],
    ['with a symmetric key', proofOf(undefined, () => ({ jwk: { kty: 'oct', k: 'AAAA' } }))],
    ['with the key of another', proofOf(undefined, () => ({ jwk: { ...thief.jwk, kid: undefined } }))],
    ['with a forged signature', async (server) => `${(await valid(server)).slice(0, -8)}AAAAAAAA`],
    ['that is unsigned', () => `${json({ alg: 'none', typ: 'dpop+jwt' })}.e30.`],
    ['signed with a symmetric algorithm', () => `${json({ alg: 'HS256', typ: 'dpop+jwt' })}.e30.AAAA`],
    ['without htm', proofOf(() => ({ htm: undefined }))],
    ['for another method', proofOf(() => ({ htm: 'GET' }))],
    ['without htu', proofOf(() => ({ htu: undefined }))],
    ['with a list as htu', proofOf((server) => ({ htu: [server.addressOf('token')] }))],
    ['for another address', proofOf((server) => ({ htu: server.addressOf('pushed') }))],
    [
      'for another host',
      proofOf((server) => ({ htu: `https://evil.test${new URL(server.addressOf('token')).pathname}` })),
    ],
    ['without iat', proofOf(() => ({ iat: undefined }))],
    ['with a string as iat', proofOf((server) => ({ iat: `${seconds(server.clock)}` }))],
    ['issued 61 s ago', proofOf(at(-61))],
    ['issued 11 s ahead', proofOf(at(11))],
    ['without jti', proofOf(() => ({ jti: undefined }))],
    ['with a number as jti', proofOf(() => ({ jti: 1 }))],
    ['with a jti of 300 characters', proofOf(() => ({ jti: 'x'.repeat(300) }))],
    ['of more than 8 KiB', proofOf(() => ({ jti: 'x'.repeat(10_000) }))],
  ];
  for (const [rows, error] of [
    [accepted, 'invalid_grant'],
    [refused, 'invalid_dpop_proof'],
  ] as const)
    for (const [name, made] of rows)
      both(`${error === 'invalid_grant' ? 'accept' : 'refuse'} a proof ${name}`, async (server) => {
        const form = { ...codeForm('x'), ...post(await server.register()) };
        assert.deepEqual(result(await server.post('token', form, { dpop: await made(server) })), [
          400,
          error,
        ]);
      });

  both('are refused with a proof that was used before', async (server) => {
    const id = await server.register();
    const headers = await dpop(server);
    const ask = async () => result(await server.post('token', { ...codeForm('x'), ...post(id) }, headers));
    assert.deepEqual(await ask(), [400, 'invalid_grant']);
    assert.deepEqual(await ask(), [400, 'invalid_dpop_proof']);
  });
});

describe('pushed authorization requests at CIS2 and /oauth2.1', () => {
  const push = (server: Server, id: string, more: Form = {}, headers: Headers = {}) =>
    server.post('pushed', { ...authorization(id), ...post(id), ...more }, headers);

  both('sign in once, whatever the browser adds', async (server) => {
    const id = await server.register();
    const pushed = await push(server, id, { state: 'pushed' });
    assert.equal(pushed.status, 201, pushed.text);
    assert.deepEqual(Object.keys(pushed.body), ['request_uri', 'expires_in']);
    assert.match(pushed.body.request_uri, /^urn:ietf:params:oauth:request_uri:[\w-]{43}$/);
    assert.equal(pushed.body.expires_in, 60);
    assert.equal(pushed.headers['cache-control'], 'no-store');
    const query = { client_id: id, request_uri: pushed.body.request_uri, state: 'browser' };
    const back = new URL((await server.signIn(query)).location).searchParams;
    assert.deepEqual([back.get('state'), back.get('iss')], ['pushed', server.issuer]);
    const redeemed = await server.post('token', { ...codeForm(back.get('code') ?? ''), ...post(id) });
    assert.equal(redeemed.status, 200, redeemed.text);
    assert.equal((await server.signIn(query)).status, 400);
  });

  both('belong to one client, for 60 s', async (server) => {
    const [id, another] = [await server.register(), await server.register()];
    const { request_uri } = (await push(server, id)).body;
    assert.equal((await server.signIn({ client_id: another, request_uri })).status, 400);
    server.clock.advance(60);
    assert.equal((await server.signIn({ client_id: id, request_uri })).status, 400);
    server.clock.advance(-60);
  });

  // biome-ignore format: a table, one row a line
  const rows: [string, Form, number, string][] = [
    ['a wrong secret', { client_secret: 'x' }, 401, 'invalid_client'],
    ['a request_uri', { request_uri: 'urn:ietf:params:oauth:request_uri:x' }, 400, 'invalid_request'],
    ['a request object that cannot be read', { request: 'e30.e30.' }, 400, 'invalid_request_object'],
    ['no redirect_uri', { redirect_uri: undefined }, 400, 'invalid_request'],
    ['an unregistered redirect_uri', { redirect_uri: 'https://evil.test/' }, 400, 'invalid_request'],
    ['no response_type', { response_type: undefined }, 400, 'invalid_request'],
    ['another response_type', { response_type: 'token' }, 400, 'unsupported_response_type'],
    ['another response_mode', { response_mode: 'query.jwt' }, 400, 'invalid_request'],
    ['the challenge method plain', { code_challenge_method: 'plain' }, 400, 'invalid_request'],
    ['a short challenge', { code_challenge: 'short' }, 400, 'invalid_request'],
    ['prompt=none besides another value', { prompt: 'none login' }, 400, 'invalid_request'],
    ['a max_age that is no number', { max_age: 'x' }, 400, 'invalid_request'],
    ['a long state', { state: 'x'.repeat(4_097) }, 400, 'invalid_request'],
  ];
  for (const [name, more, status, error] of rows)
    both(`are refused as JSON with ${name}`, async (server) => {
      const reply = await push(server, await server.register(), more);
      assert.deepEqual([...result(reply), reply.location], [status, error, '']);
    });

  both('are bound to the key of their proof', async (server) => {
    const id = await server.register();
    const headers = async (key: Key, url = server.addressOf('pushed')) => ({
      dpop: await proof(server, key, url),
    });
    const pushed = await push(server, id, {}, await headers(prover));
    assert.equal(pushed.status, 201, pushed.text);
    const back = await server.signIn({ client_id: id, request_uri: pushed.body.request_uri });
    const code = new URL(back.location).searchParams.get('code') ?? '';
    const ask = (more: Headers) => server.post('token', { ...codeForm(code), ...post(id) }, more);
    assert.deepEqual(result(await ask({})), [400, 'invalid_dpop_proof']);
    assert.equal(tokensOf(await ask(await dpop(server))).token_type, 'DPoP');
    const named = { dpop_jkt: jktOf(thief) };
    const mismatch = await push(server, id, named, await headers(prover));
    // Each server has its own errors of the authorization endpoint.
    const error = server.name === 'CIS2' ? 'invalid_request' : 'invalid_dpop_proof';
    assert.deepEqual(result(mismatch), [400, error]);
    const foreign = await push(server, id, {}, await headers(prover, server.addressOf('token')));
    assert.deepEqual(result(foreign), [400, 'invalid_dpop_proof']);
  });

  both('are required of fapi2 clients', async (server) => {
    const id = await keyClient(server, { profile: 'fapi2' });
    const { location } = await server.signIn(authorization(id));
    assert.equal(new URL(location).searchParams.get('error'), 'invalid_request');
  });
});

describe('request objects at CIS2 and /oauth2.1', () => {
  both('are the whole request, pushed or by the browser', async (server) => {
    const id = await keyClient(server);
    const request = await requestObject(server, id, client, { state: 'inside' });
    const begin = async (query: Form) => {
      const { location, text } = await server.signIn(query);
      assert.ok(location, text);
      return new URL(location).searchParams.get('state');
    };
    assert.equal(await begin({ client_id: id, request, state: 'outside' }), 'inside');
    const pushed = await server.post('pushed', { request, state: 'x', ...(await withKey(server, id)) });
    assert.equal(pushed.status, 201, pushed.text);
    assert.equal(await begin({ client_id: id, request_uri: pushed.body.request_uri }), 'inside');
  });

  both('are required of a client that registered so, pushed or by the browser', async (server) => {
    const id = await keyClient(server, { signedRequests: 'required' });
    const begin = async (query: Form) => new URL((await server.signIn(query)).location).searchParams;
    assert.equal((await begin(authorization(id))).get('error'), 'invalid_request');
    const plain = { ...authorization(id), ...(await withKey(server, id)) };
    assert.deepEqual(result(await server.post('pushed', plain)), [400, 'invalid_request']);
    const signed = { request: await requestObject(server, id, client), ...(await withKey(server, id)) };
    const pushed = await server.post('pushed', signed);
    assert.equal(pushed.status, 201, pushed.text);
    const back = await begin({ client_id: id, request_uri: pushed.body.request_uri });
    assert.ok(back.get('code'), `${back}`);
  });

  both('need nbf in the fapi2 profile', async (server) => {
    const id = await keyClient(server, { profile: 'fapi2' });
    const push = async (claims: { nbf: number | undefined }) =>
      result(
        await server.post('pushed', {
          request: await requestObject(server, id, client, claims),
          ...(await withKey(server, id)),
        }),
      );
    assert.deepEqual(await push({ nbf: undefined }), [400, 'invalid_request_object']);
    assert.deepEqual(await push({ nbf: seconds(server.clock) }), [201, undefined]);
  });

  both('cannot be pushed beside a request_uri (RFC 9126 section 2.1)', async (server) => {
    const id = await keyClient(server);
    const request = await requestObject(server, id, client);
    const request_uri = 'urn:ietf:params:oauth:request_uri:x';
    const reply = await server.post('pushed', { request, request_uri, ...(await withKey(server, id)) });
    assert.deepEqual(result(reply), [400, 'invalid_request']);
  });

  const now = ({ clock }: Server) => seconds(clock);
  const rows: [string, (server: Server) => object, object?, (() => Key)?][] = [
    ['of another client', () => ({ iss: 'x' })],
    ['with another client_id', () => ({ client_id: 'x' })],
    ['for another audience', () => ({ aud: 'x' })],
    ['that could pass as a client assertion', () => ({ sub: true })],
    ['without exp', () => ({ exp: undefined })],
    ['that expired', (server) => ({ exp: now(server) - 10 })],
    ['with nbf 61 s ahead', (server) => ({ nbf: now(server) + 61 })],
    ['of more than an hour', (server) => ({ exp: now(server) + 3_700 })],
    ['that holds another one', () => ({ request: 'x' })],
    ['that holds a request_uri', () => ({ request_uri: 'x' })],
    ['of another type', () => ({}), { typ: 'at+jwt' }],
    ['with an unknown kid', () => ({}), { kid: 'x' }],
    ['by a stranger', () => ({}), { kid: 'key-1' }, () => thief],
  ];
  for (const [name, claims, header, key = () => client] of rows)
    both(`are refused ${name}`, async (server) => {
      const id = await keyClient(server);
      const { sub, ...others } = claims(server) as Record<string, unknown>;
      const members = sub === true ? { sub: id } : others;
      const request = await requestObject(server, id, key(), members, header);
      const pushed = await server.post('pushed', { request, ...(await withKey(server, id)) });
      assert.deepEqual(result(pushed), [400, 'invalid_request_object'], pushed.text);
    });
});

describe('refresh tokens of CIS2 and /oauth2.1', () => {
  const pair = ({ access_token, refresh_token }: { access_token: string; refresh_token: string }) =>
    `${access_token} ${refresh_token}`;

  both('rotate, and give the same successor again within 30 s', async (server) => {
    const id = await server.register();
    const first = tokensOf(await redeem(server, id));
    const replies = await Promise.all(
      Array.from({ length: 5 }, () => refresh(server, id, first.refresh_token)),
    );
    const pairs = new Set(replies.map(tokensOf).map(pair));
    assert.equal(pairs.size, 1);
    server.clock.advance(30);
    assert.ok(pairs.has(pair(tokensOf(await refresh(server, id, first.refresh_token)))));
    server.clock.advance(-30);
  });

  both('end with their family when one is used again later, or after its successor', async (server) => {
    const id = await server.register();
    for (const late of [true, false]) {
      const first = tokensOf(await redeem(server, id));
      const second = tokensOf(await refresh(server, id, first.refresh_token));
      const last = late ? second : tokensOf(await refresh(server, id, second.refresh_token));
      if (late) server.clock.advance(31);
      assert.deepEqual(result(await refresh(server, id, first.refresh_token)), [400, 'invalid_grant']);
      assert.deepEqual(result(await refresh(server, id, last.refresh_token)), [400, 'invalid_grant']);
      assert.equal(await isLive(server, last.access_token), false);
      if (late) server.clock.advance(-31);
    }
  });

  both('give a public client without DPoP no successor', async (server) => {
    const id = await server.register({ method: 'none', secrets: [] });
    const named = { client_id: id };
    const first = tokensOf(await redeem(server, id, {}, {}, named));
    const second = tokensOf(await refresh(server, id, first.refresh_token, {}, named));
    assert.deepEqual(result(await refresh(server, id, first.refresh_token, {}, named)), [
      400,
      'invalid_grant',
    ]);
    assert.equal(await isLive(server, second.access_token), false);
  });

  both('do not rotate for fapi2 clients', async (server) => {
    const id = await keyClient(server, { profile: 'fapi2' });
    const pushed = await server.post('pushed', { ...authorization(id), ...(await withKey(server, id)) });
    const back = await server.signIn({ client_id: id, request_uri: pushed.body.request_uri });
    const code = new URL(back.location).searchParams.get('code') ?? '';
    const form = { ...codeForm(code), ...(await withKey(server, id)) };
    const first = tokensOf(await server.post('token', form, await dpop(server)));
    for (let use = 0; use < 2; use++) {
      const next = await refresh(
        server,
        id,
        first.refresh_token,
        await dpop(server),
        await withKey(server, id),
      );
      assert.equal(next.status, 200, next.text);
      assert.ok([undefined, first.refresh_token].includes(next.body.refresh_token));
    }
  });

  // biome-ignore format: a table, one row a line
  const rows: [string, (server: Server, id: string, tokens: { access_token: string; refresh_token: string }) => Promise<Reply>, string][] = [
    ['without a token', (server, id) => refresh(server, id, ''), 'invalid_request'],
    ['for an unknown token', (server, id) => refresh(server, id, 'x'.repeat(43)), 'invalid_grant'],
    ['for an access token', (server, id, { access_token }) => refresh(server, id, access_token), 'invalid_grant'],
    ['for a malformed scope', (server, id, { refresh_token }) => refresh(server, id, refresh_token, {}, { ...post(id), scope: 'a  b' }), 'invalid_scope'],
    ['for more scope', (server, id, { refresh_token }) => refresh(server, id, refresh_token, {}, { ...post(id), scope: 'email' }), 'invalid_scope'],
    ['by another client', async (server, _, { refresh_token }) => refresh(server, await server.register(), refresh_token), 'invalid_grant'],
  ];
  for (const [name, ask, error] of rows)
    both(`are refused ${name}, and stay valid`, async (server) => {
      const id = await server.register();
      const tokens = tokensOf(await redeem(server, id));
      assert.deepEqual(result(await ask(server, id, tokens)), [400, error]);
      assert.equal((await refresh(server, id, tokens.refresh_token)).status, 200);
    });
});

describe('revocation at CIS2 and /oauth2.1 (RFC 7009)', () => {
  const revoke = (server: Server, id: string, token: string, more: Form = {}) =>
    server.post('revocation', { token, ...post(id), ...more });

  both('ends an access token alone, a refresh token with its family', async (server) => {
    const id = await server.register();
    const tokens = tokensOf(await redeem(server, id));
    const reply = await revoke(server, id, tokens.access_token);
    const { 'cache-control': cache, 'content-type': type } = reply.headers;
    assert.deepEqual([reply.status, reply.text, type, cache], [200, '{}', 'application/json', 'no-store']);
    assert.equal((await revoke(server, id, tokens.access_token)).status, 200);
    assert.deepEqual(
      [await isLive(server, tokens.access_token), await isLive(server, tokens.refresh_token)],
      [false, true],
    );
    const next = tokensOf(await refresh(server, id, tokens.refresh_token));
    await revoke(server, id, next.refresh_token, { token_type_hint: 'access_token' });
    assert.deepEqual(
      [await isLive(server, next.access_token), await isLive(server, next.refresh_token)],
      [false, false],
    );
  });

  both('answers an unknown token and another client’s alike, and changes nothing', async (server) => {
    const id = await server.register();
    const tokens = tokensOf(await redeem(server, id));
    for (const token of ['unknown', tokens.refresh_token]) {
      const { status, text } = await revoke(server, await server.register(), token);
      assert.deepEqual([status, text], [200, '{}']);
    }
    assert.equal(await isLive(server, tokens.refresh_token), true);
  });

  both('is open to public clients', async (server) => {
    const id = await server.register({ method: 'none', secrets: [] });
    assert.equal((await server.post('revocation', { token: 'x', client_id: id })).status, 200);
  });
});

describe('introspection at CIS2 and /oauth2.1 (RFC 7662)', () => {
  const introspect = async (server: Server, id: string, token: string) =>
    server.post('introspection', { token, ...post(id) });

  both('describes a live token and its binding', async (server) => {
    const id = await server.register();
    const { access_token: token } = tokensOf(await redeem(server, id, await dpop(server)));
    const { status, headers, body } = await introspect(server, id, token);
    assert.deepEqual([status, headers['cache-control']], [200, 'no-store']);
    const { active, iss, client_id, token_type, cnf, exp, iat } = body;
    assert.deepEqual(
      { active, iss, client_id, token_type, cnf, lifetime: exp - iat },
      {
        active: true,
        iss: server.issuer,
        client_id: id,
        token_type: 'DPoP',
        cnf: { jkt: jktOf(prover) },
        lifetime: server.name === 'CIS2' ? 3_600 : 600,
      },
    );
    assert.deepEqual((await introspect(server, id, 'unknown')).body, { active: false });
  });

  both('describes a client its own tokens, and all to a resource server of /oauth2.1', async (server) => {
    const [id, another] = [await server.register(), await server.register()];
    const tokens = tokensOf(await redeem(server, id));
    const isActive = async (who: string, token: string) => (await introspect(server, who, token)).body.active;
    const seen = [
      await isActive(id, tokens.access_token),
      await isActive(id, tokens.refresh_token),
      await isActive(another, tokens.access_token),
    ];
    assert.deepEqual(seen, [true, true, server.name === '/oauth2.1']);
  });

  both('is signed on request at /oauth2.1 alone (RFC 9701)', async (server) => {
    const id = await server.register();
    const accept = { accept: 'application/token-introspection+jwt' };
    const { headers } = await server.post('introspection', { token: 'x', ...post(id) }, accept);
    const type = server.name === 'CIS2' ? /^application\/json/ : /^application\/token-introspection\+jwt$/;
    assert.match(headers['content-type'] ?? '', type);
  });

  both('refuses public clients', async (server) => {
    const id = await server.register({ method: 'none', secrets: [] });
    const reply = await server.post('introspection', { token: 'x', client_id: id });
    assert.deepEqual(result(reply), [401, 'invalid_client']);
  });
});

describe('forms at CIS2 and /oauth2.1', () => {
  for (const endpoint of ['token', 'pushed', 'revocation', 'introspection'] as const) {
    both(`are refused at the ${endpoint} endpoint as JSON and with a repeated parameter`, async (server) => {
      const id = await server.register();
      const json = { 'content-type': 'application/json' };
      assert.deepEqual(result(await server.post(endpoint, post(id), json)), [400, 'invalid_request']);
      const twice = `state=1&state=2&${new URLSearchParams(post(id) as Record<string, string>)}`;
      const { status, body } = await server.post(endpoint, twice);
      assert.deepEqual([status, body.error_description], [400, 'A parameter is repeated.']);
    });
  }

  both('are refused without grant_type, code or token', async (server) => {
    const id = await server.register();
    const ask = async (endpoint: 'token' | 'revocation' | 'introspection', form: Form = {}) =>
      result(await server.post(endpoint, { ...post(id), ...form }));
    assert.deepEqual(await ask('token'), [400, 'invalid_request']);
    assert.deepEqual(await ask('token', { grant_type: 'password' }), [400, 'unsupported_grant_type']);
    assert.deepEqual(await ask('token', { grant_type: 'constructor' }), [400, 'unsupported_grant_type']);
    assert.deepEqual(await ask('token', { grant_type: 'authorization_code' }), [400, 'invalid_request']);
    assert.deepEqual(await ask('revocation'), [400, 'invalid_request']);
    assert.deepEqual(await ask('introspection'), [400, 'invalid_request']);
  });
});

describe('metadata of CIS2 and /oauth2.1 (RFC 8414)', () => {
  both('names the endpoints, with their mutual TLS addresses', async (server) => {
    const document = await server.metadata();
    const names = {
      token: 'token_endpoint',
      pushed: 'pushed_authorization_request_endpoint',
      revocation: 'revocation_endpoint',
      introspection: 'introspection_endpoint',
    } as const;
    const aliases = document.mtls_endpoint_aliases as Record<string, string>;
    for (const endpoint of ['token', 'pushed', 'revocation', 'introspection'] as const) {
      const address = server.addressOf(endpoint);
      assert.equal(document[names[endpoint]], address);
      assert.equal(aliases[names[endpoint]], `${mutualTlsUrl}${new URL(address).pathname}`);
    }
    assert.equal(document.tls_client_certificate_bound_access_tokens, true);
    assert.equal(document.issuer, server.issuer);
  });

  both('names the methods and algorithms of clients', async (server) => {
    const document = await server.metadata();
    const methods = [
      'none',
      'client_secret_basic',
      'client_secret_post',
      'private_key_jwt',
      'tls_client_auth',
      'self_signed_tls_client_auth',
    ];
    const sorted = (name: string) => [...(document[name] as string[])].sort();
    for (const endpoint of ['token', 'revocation'])
      assert.deepEqual(sorted(`${endpoint}_endpoint_auth_methods_supported`), [...methods].sort());
    assert.deepEqual(
      sorted('introspection_endpoint_auth_methods_supported'),
      methods.filter((method) => method !== 'none').sort(),
    );
    for (const name of [
      'token_endpoint_auth_signing_alg_values_supported',
      'revocation_endpoint_auth_signing_alg_values_supported',
      'introspection_endpoint_auth_signing_alg_values_supported',
      'request_object_signing_alg_values_supported',
    ])
      assert.deepEqual(sorted(name), ['ES256', 'EdDSA', 'PS256', 'RS256', 'RS512']);
    assert.deepEqual(sorted('dpop_signing_alg_values_supported'), ['ES256', 'EdDSA', 'PS256']);
    assert.deepEqual(document.code_challenge_methods_supported, ['S256']);
    assert.equal(document.request_uri_parameter_supported, false);
  });
});

describe('DPoP nonces of CIS2 and /oauth2.1 (RFC 9449 section 8)', () => {
  let strict: readonly Server[];
  before(async () => {
    strict = (await startServers(true)).servers;
  });
  after(() => Promise.all(strict.map((server) => server.stop())));

  test('are required, issued, and accepted in that period and the next', async () => {
    for (const server of strict)
      for (const endpoint of ['token', 'pushed'] as const) {
        const id = await server.register();
        const ask = async (nonce?: string) => {
          const headers = { dpop: await proof(server, prover, server.addressOf(endpoint), { nonce }) };
          return server.post(endpoint, { ...authorization(id), ...codeForm('x'), ...post(id) }, headers);
        };
        const where = `${server.name} ${endpoint}`;
        const first = await ask();
        assert.deepEqual(result(first), [400, 'use_dpop_nonce'], where);
        const nonce = first.headers['dpop-nonce'];
        assert.ok(nonce, where);
        assert.notEqual((await ask(nonce)).body.error, 'use_dpop_nonce', where);
        server.clock.advance(300);
        const later = await ask(nonce);
        assert.notEqual(later.body.error, 'use_dpop_nonce', where);
        assert.notEqual(later.headers['dpop-nonce'], nonce, where);
        server.clock.advance(300);
        assert.deepEqual(result(await ask(nonce)), [400, 'use_dpop_nonce'], where);
        server.clock.advance(-600);
        // A client that sends no proof needs no nonce.
        const plain = await server.post(endpoint, { ...authorization(id), ...codeForm('x'), ...post(id) });
        assert.notEqual(plain.body.error, 'use_dpop_nonce', where);
        assert.equal(plain.headers['dpop-nonce'] === undefined, server.name === 'CIS2', where);
      }
  });
});
