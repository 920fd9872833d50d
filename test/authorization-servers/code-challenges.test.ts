import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { decodeJwt } from '@alongside/kernel/jws';
import {
  assertion,
  assertionForm,
  authorization,
  codeForm,
  type Form,
  type Key,
  newCode,
  newKey,
  post,
  proof,
  type Registration,
  type Server,
  startServers,
} from './servers.ts';

// PKCE, or the nonce of OpenID Connect instead (RFC 9700 section 2.1.1, draft-ietf-oauth-v2-1 section 7.5.1).

let servers: readonly Server[];
let key: Key;
before(async () => {
  [{ servers }, key] = await Promise.all([startServers(), newKey('es256')]);
});
after(() => Promise.all(servers.map((server) => server.stop())));

const both = (name: string, run: (server: Server) => Promise<void>) =>
  test(name, async (t) => {
    for (const server of servers) await t.test(server.name, () => run(server));
  });

const none: Form = { code_challenge: undefined, code_challenge_method: undefined };
const noNonce: Form = { ...none, nonce: undefined };
const api = 'urn:nhsd:apim:user-nhs-id:aal3:records';
const byKey = (): Registration => ({ method: 'private_key_jwt', keys: [key.jwk], secrets: [] });
const publicClient = (): Registration => ({ method: 'none', secrets: [] });

const texts = {
  CIS2: 'This client must send a code_challenge.',
  '/oauth2.1': 'The request has no code_challenge.',
} as const;

describe('an authorization request without code_challenge', () => {
  // biome-ignore format: a table, one row a line
  const allowed: [string, () => Registration, Form][] = [
    ['a nonce, from a client with a secret', () => ({}), none],
    ['a nonce, from a client with a key', byKey, none],
    ['a nonce, by the registration', () => ({ pkce: 'optional' }), none],
    ['no nonce, by the registration', () => ({ pkce: 'optional' }), noNonce],
  ];
  for (const [name, registration, changes] of allowed)
    both(`gets a code: ${name}`, async (server) => {
      const id = await server.register(registration());
      assert.notEqual(await newCode(server, id, changes), '');
    });

  // biome-ignore format: a table, one row a line
  const refused: [string, () => Registration, Form][] = [
    ['no nonce', () => ({}), noNonce],
    ['an empty nonce', () => ({}), { ...none, nonce: '' }],
    ['a nonce, where the registration requires PKCE', () => ({ pkce: 'required' }), none],
    ['a nonce, from a public client', publicClient, none],
    ['a public client whose stored registration says optional', () => ({ ...publicClient(), pkce: 'optional' }), none],
  ];
  for (const [name, registration, changes] of refused)
    both(`is refused by redirect and by JSON: ${name}`, async (server) => {
      const id = await server.register(registration());
      const { location, text } = await server.signIn({ ...authorization(id), ...changes });
      assert.notEqual(location, '', text);
      const { searchParams } = new URL(location);
      assert.deepEqual(
        ['error', 'error_description', 'state', 'code'].map((member) => searchParams.get(member)),
        ['invalid_request', texts[server.name], 'state-1', null],
      );
      const proven = registration().method === 'none' ? { client_id: id } : post(id);
      const pushed = await server.post('pushed', { ...authorization(id), ...proven, ...changes });
      assert.deepEqual([pushed.status, pushed.body.error], [400, 'invalid_request'], pushed.text);
    });

  test('is refused with a nonce that no ID token will bring back', async () => {
    const [, platform] = servers;
    assert.ok(platform);
    const id = await platform.register();
    for (const scope of [api, undefined, `openid  ${api}`]) {
      const { location } = await platform.signIn({ ...authorization(id), ...none, scope });
      assert.equal(
        new URL(location).searchParams.get('error_description'),
        texts['/oauth2.1'],
        String(scope),
      );
    }
  });

  for (const pkce of [undefined, 'optional'] as const)
    both(`is refused in fapi2, also with a nonce, where the registration says ${pkce}`, async (server) => {
      const id = await server.register({ ...byKey(), profile: 'fapi2', pkce });
      const form = { ...authorization(id), ...none, ...assertionForm(await assertion(server, id, key)) };
      const dpop = await proof(server, key, server.addressOf('pushed'));
      const pushed = await server.post('pushed', form, { dpop });
      assert.deepEqual([pushed.status, pushed.body.error], [400, 'invalid_request'], pushed.text);
      assert.equal(pushed.body.error_description, texts[server.name]);
    });

  test('gets a code in nhs, also without nonce', async () => {
    const [cis2] = servers;
    assert.ok(cis2);
    const id = await cis2.register({ profile: 'nhs' });
    assert.notEqual(await newCode(cis2, id, { ...noNonce, scope: 'openid' }), '');
  });
});

describe('the code of a request', () => {
  both('without code_challenge has the nonce in its ID token', async (server) => {
    const id = await server.register();
    const code = await newCode(server, id, { ...none, nonce: 'nonce-of-this-sign-in' });
    const redeemed = await server.post('token', { ...codeForm(code), ...post(id), code_verifier: undefined });
    assert.equal(redeemed.status, 200, redeemed.text);
    const { nonce, aud } = decodeJwt(redeemed.body.id_token)?.claims ?? {};
    assert.deepEqual([nonce, aud], ['nonce-of-this-sign-in', id]);
  });

  both(
    'without code_challenge is refused with a code_verifier: the challenge was removed',
    async (server) => {
      const id = await server.register();
      const reply = await server.post('token', { ...codeForm(await newCode(server, id, none)), ...post(id) });
      assert.deepEqual([reply.status, reply.body.error], [400, 'invalid_grant'], reply.text);
    },
  );

  for (const pkce of [undefined, 'optional'] as const)
    both(
      `with a code_challenge needs its code_verifier, also with a nonce, where the registration says ${pkce}`,
      async (server) => {
        const id = await server.register({ pkce });
        for (const code_verifier of [undefined, 'w'.repeat(43)]) {
          const form = { ...codeForm(await newCode(server, id)), ...post(id), code_verifier };
          const reply = await server.post('token', form);
          assert.deepEqual([reply.status, reply.body.error], [400, 'invalid_grant'], reply.text);
        }
      },
    );
});
