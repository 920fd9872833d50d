import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  assertion,
  assertionForm,
  authorization,
  codeForm,
  type Form,
  newCode,
  newKey,
  post,
  proof,
  type Reply,
  type Server,
  startServers,
} from './servers.ts';

let servers: readonly Server[];
before(async () => {
  ({ servers } = await startServers());
});
after(() => Promise.all(servers.map((server) => server.stop())));

/** Runs a test on both servers; a failure names the server. */
const both = (name: string, run: (server: Server) => Promise<void>) =>
  test(name, async (t) => {
    for (const server of servers) await t.test(server.name, () => run(server));
  });

const result = ({ status, body }: Reply) => [status, body.error];
const redirectedError = ({ location, text }: Reply): string | null => {
  assert.notEqual(location, '', text);
  return new URL(location).searchParams.get('error');
};

/** The same error at both servers, or the error of CIS2 and that of /oauth2.1. */
type Expected = string | readonly [cis2: string, oauth21: string];
const at = ({ name }: Server, expected: Expected): string =>
  typeof expected === 'string' ? expected : expected[name === 'CIS2' ? 0 : 1];

describe('authorization requests at CIS2 and /oauth2.1', () => {
  // biome-ignore format: a table, one row a line
  const redirected: [string, Form, Expected][] = [
    ['no response_type', { response_type: undefined }, 'invalid_request'],
    ['another response_type', { response_type: 'code id_token' }, 'unsupported_response_type'],
    ['an unknown response_mode', { response_mode: 'query.jwt' }, 'invalid_request'],
    ['a method without code_challenge', { code_challenge: undefined }, 'invalid_request'],
    ['a code_challenge without method', { code_challenge_method: undefined }, 'invalid_request'],
    ['the method plain', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['a short code_challenge', { code_challenge: 'x'.repeat(42) }, 'invalid_request'],
    ['a malformed scope', { scope: 'openid  email' }, 'invalid_scope'],
    ['a malformed dpop_jkt', { dpop_jkt: 'x' }, ['invalid_request', 'invalid_dpop_proof']],
  ];
  for (const [name, changes, expected] of redirected) {
    both(`answer ${name} by redirect with state and issuer`, async (server) => {
      const id = await server.register();
      const reply = await server.signIn({ ...authorization(id), ...changes });
      assert.equal(redirectedError(reply), at(server, expected));
      const { searchParams } = new URL(reply.location);
      assert.deepEqual(
        ['state', 'iss'].map((member) => searchParams.get(member)),
        ['state-1', server.issuer],
      );
    });

    both(`answer ${name} with JSON when it is pushed`, async (server) => {
      const id = await server.register();
      const pushed = await server.post('pushed', { ...authorization(id), ...post(id), ...changes });
      assert.deepEqual(result(pushed), [400, at(server, expected)], pushed.text);
    });
  }

  const attack = '"><script>alert(1)</script>&x=';
  for (const [name, changes] of [
    ['a code', {}],
    ['an error', { response_type: 'token' }],
  ] as const) {
    both(`put ${name} into the fragment on request, and nothing into the query`, async (server) => {
      const query = { ...authorization(await server.register()), ...changes, state: attack };
      const { hash, search } = new URL(
        (await server.signIn({ ...query, response_mode: 'fragment' })).location,
      );
      const answer = new URLSearchParams(hash.slice(1));
      assert.deepEqual([answer.get('state'), answer.get('iss'), search], [attack, server.issuer, '']);
      assert.ok(answer.has(name === 'a code' ? 'code' : 'error'));
    });

    both(`post ${name} on request by a page with its values escaped`, async (server) => {
      const query = { ...authorization(await server.register()), ...changes, state: attack };
      const { status, headers, text } = await server.signIn({ ...query, response_mode: 'form_post' });
      assert.equal(status, 200);
      assert.match(text, /<form method="post" action="https:\/\/app\.example\.test\/callback">/);
      assert.match(
        text,
        name === 'a code' ? /name="code"/ : /name="error" value="unsupported_response_type"/,
      );
      assert.ok(!text.includes('<script>alert') && text.includes('&quot;&gt;&lt;script&gt;'), text);
      const policy = headers['content-security-policy'] ?? '';
      assert.match(policy, /script-src 'sha256-[^' ]+';.*form-action 'self' https:\/\/app\.example\.test/);
      assert.equal(headers['cache-control'], 'no-store');
    });
  }

  for (const [name, redirect_uri] of [
    ['no redirect_uri', undefined],
    ['an unregistered redirect_uri', 'https://app.example.test/other'],
    ['a redirect_uri with a slash at its end', 'https://app.example.test/callback/'],
  ] as const)
    both(`answer ${name} with 400 and no redirect, also when it is pushed`, async (server) => {
      const id = await server.register();
      const query = { ...authorization(id), redirect_uri };
      const { status, location } = await server.signIn(query);
      assert.deepEqual([status, location], [400, '']);
      assert.deepEqual(result(await server.post('pushed', { ...query, ...post(id) })), [
        400,
        'invalid_request',
      ]);
    });
});

const { code_challenge: challenge } = authorization('');

describe('authorization codes of CIS2 and /oauth2.1', () => {
  const redeem = (server: Server, id: string, code: string, changes: Form = {}): Promise<Reply> =>
    server.post('token', { ...codeForm(code), ...post(id), ...changes });
  const isLive = async (server: Server, token: string): Promise<boolean> =>
    (await server.find(token))?.revokedAt === null;

  // biome-ignore format: a table, one row a line
  const refused: [string, Form, string][] = [
    ['no code', { code: undefined }, 'invalid_request'],
    ['an unknown code', { code: 'x'.repeat(43) }, 'invalid_grant'],
    ['another redirect_uri', { redirect_uri: 'https://app.example.test/other' }, 'invalid_grant'],
    ['no code_verifier', { code_verifier: undefined }, 'invalid_grant'],
    ['an empty code_verifier', { code_verifier: '' }, 'invalid_grant'],
    ['the challenge as code_verifier', { code_verifier: challenge }, 'invalid_grant'],
    ['another code_verifier', { code_verifier: 'w'.repeat(43) }, 'invalid_grant'],
    ['a short code_verifier', { code_verifier: 'v'.repeat(42) }, 'invalid_grant'],
  ];
  for (const [name, changes, error] of refused)
    both(`are refused for ${name}, and stay valid`, async (server) => {
      const id = await server.register();
      const code = await newCode(server, id);
      assert.deepEqual(result(await redeem(server, id, code, changes)), [400, error]);
      assert.equal((await redeem(server, id, code)).status, 200);
    });

  both('are refused without redirect_uri', async (server) => {
    const id = await server.register();
    const reply = await redeem(server, id, await newCode(server, id), { redirect_uri: undefined });
    assert.deepEqual(result(reply), [400, at(server, ['invalid_request', 'invalid_grant'])]);
  });

  both('are refused to another client, and stay valid', async (server) => {
    const [id, other] = [await server.register(), await server.register()];
    const code = await newCode(server, id);
    assert.deepEqual(result(await redeem(server, other, code)), [400, 'invalid_grant']);
    assert.equal((await redeem(server, id, code)).status, 200);
  });

  both('expire after 60 s', async (server) => {
    const id = await server.register();
    const code = await newCode(server, id);
    server.clock.advance(60);
    assert.deepEqual(result(await redeem(server, id, code)), [400, 'invalid_grant']);
    server.clock.advance(-60);
  });

  both('are redeemed by one of ten requests at once, whose tokens stay valid', async (server) => {
    const id = await server.register();
    const code = await newCode(server, id);
    const replies = await Promise.all(Array.from({ length: 10 }, () => redeem(server, id, code)));
    const [won, ...others] = replies.filter(({ status }) => status === 200);
    assert.ok(won && others.length === 0);
    for (const reply of replies) if (reply !== won) assert.deepEqual(result(reply), [400, 'invalid_grant']);
    assert.ok(await isLive(server, won.body.access_token));
  });

  both('end their tokens when a fapi2 client repeats them at once', async (server) => {
    const key = await newKey('own');
    const id = await server.register({
      profile: 'fapi2',
      method: 'private_key_jwt',
      secrets: [],
      keys: [key.jwk],
    });
    const sent = async (endpoint: 'pushed' | 'token', form: Form) =>
      server.post(
        endpoint,
        { ...form, ...assertionForm(await assertion(server, id, key)) },
        { dpop: await proof(server, key, server.addressOf(endpoint)) },
      );
    const { body: pushed } = await sent('pushed', authorization(id));
    const { location } = await server.signIn({ client_id: id, request_uri: pushed.request_uri });
    const code = new URL(location).searchParams.get('code') ?? '';
    const first = await sent('token', codeForm(code));
    assert.equal(first.status, 200);
    assert.ok(await isLive(server, first.body.access_token));
    assert.deepEqual(result(await sent('token', codeForm(code))), [400, 'invalid_grant']);
    assert.equal(await isLive(server, first.body.access_token), false);
  });

  for (const [name, seconds, isOwn, live] of [
    ['their client repeats them within 10 s', 10, true, true],
    ['their client repeats them later', 11, true, false],
    ['another client sends them', 0, false, false],
  ] as const)
    both(`${live ? 'keep' : 'end'} their tokens when ${name}`, async (server) => {
      const [id, other] = [await server.register(), await server.register()];
      const code = await newCode(server, id);
      const first = await redeem(server, id, code);
      server.clock.advance(seconds);
      assert.deepEqual(result(await redeem(server, isOwn ? id : other, code)), [400, 'invalid_grant']);
      for (const token of [first.body.access_token, first.body.refresh_token])
        assert.equal(await isLive(server, token), live);
      server.clock.advance(-seconds);
    });
});
