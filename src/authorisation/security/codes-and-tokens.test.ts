import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { sql } from '../../storage/database.ts';
import { scopes, secretOf } from '../testing/applications.ts';
import { authorizeRequest, codeOf, codeRequest, refreshRequest, tokensOf } from '../testing/journeys.ts';
import { changed, type Platform, startPlatform } from '../testing/platform.ts';
import { type StandardClient, startStandardClient } from '../testing/standard.ts';

let client: StandardClient;
let platform: Platform;
before(async () => {
  client = await startStandardClient();
  platform = client.platform;
});
after(() => platform.close());

const nhsToken = (form: Record<string, string>) => platform.post('/oauth2/token', form);
const asOther = { client_id: 'key-of-other', client_secret: secretOf('other') };

describe('codes', () => {
  test('CVE-2022-39222: refuse a stolen code to another client without using it up', async () => {
    const request = codeRequest(await codeOf(platform));
    for (const redirectUri of [request.redirect_uri ?? '', 'https://other.test/callback'])
      assert.notEqual((await nhsToken({ ...request, ...asOther, redirect_uri: redirectUri })).status, 200);
    assert.equal((await nhsToken(request)).status, 200);
  });
  test('CVE-2026-55672: code and refresh token are bound to their client in the standard profile', async () => {
    const code = await client.codeOf('web');
    assert.equal((await client.redeem('signing', code)).body.error, 'invalid_grant');
    const { refresh_token: token } = await client.tokensOf('web');
    assert.equal((await client.refresh('signing', token)).body.error, 'invalid_grant');
  });
  test('are not redeemed after their address was removed from the registration', async () => {
    for (const id of ['web', 'native']) {
      const code = await client.codeOf(id);
      const found = await platform.applications.byPlatformClient(`key-of-${id}`);
      assert.ok(found?.platform);
      const changed = {
        ...found,
        platform: { ...found.platform, callbackUrls: ['https://new.test/callback'] },
      };
      assert.ok(await platform.applications.replace(changed, found.revision));
      const { status, body } = await client.redeem(id, code);
      assert.ok(await platform.applications.replace(found, found.revision + 1));
      assert.deepEqual([status, body.error], [400, 'invalid_grant']);
    }
  });
  test('CVE-2026-4282: are never accepted as another kind of value', async () => {
    const { location } = await platform.get('/oauth2/authorize', authorizeRequest());
    const state = location?.searchParams.get('state') ?? '';
    const tokens = await tokensOf(platform);
    const pushed = await platform.post('/oauth2.1/par', {
      ...client.requestOf('web'),
      ...(await client.credentials('web')),
    });
    for (const value of [state, tokens.access_token, tokens.refresh_token, pushed.body.request_uri as string])
      assert.equal(
        (await nhsToken(codeRequest(value ?? ''))).body.error_description,
        'authorization_code is invalid',
      );
    for (const value of [await codeOf(platform), tokens.access_token ?? '', state])
      assert.equal(
        (await nhsToken(refreshRequest(value))).body.error_description,
        'refresh_token is invalid',
      );
    assert.equal(
      (await platform.get('/oauth2/callback', { state: await codeOf(platform), code: 'x' })).status,
      400,
    );
  });
  test('are refused at another base path', async () => {
    const code = await codeOf(platform, '/oauth2-mock');
    assert.equal((await nhsToken(codeRequest(code))).body.error_description, 'authorization_code is invalid');
    assert.equal((await client.redeem('web', await codeOf(platform))).body.error, 'invalid_grant');
  });
  describe('a code and a refresh token of one base path at another', () => {
    const nhsForms = async (base: string) => {
      const code = await codeOf(platform, base);
      const { access_token: access = '', refresh_token: refresh = '' } = await tokensOf(platform, base);
      return { code, access, refresh };
    };
    const standardForms = async () => {
      const code = await client.codeOf('web');
      const { access_token: access = '', refresh_token: refresh = '' } = await client.tokensOf('web');
      return { code, access, refresh };
    };
    for (const from of ['/oauth2', '/oauth2-mock', '/oauth2.1'])
      for (const to of ['/oauth2', '/oauth2-mock', '/oauth2.1'].filter((other) => other !== from))
        test(`are refused without being used up: from ${from} to ${to}`, async () => {
          const { code, access, refresh } = await (from === '/oauth2.1' ? standardForms() : nhsForms(from));
          const id = to === '/oauth2.1' ? 'web' : 'combined';
          for (const form of [codeRequest(code, id), refreshRequest(refresh, id)]) {
            const { status, body } = await platform.post(`${to}/token`, form);
            assert.ok(status >= 400 && body.error === 'invalid_grant', `${status} ${body.error}`);
          }
          const record = await platform.tokens.find(access);
          assert.ok(record && platform.tokens.isLive(record));
          const own = from === '/oauth2.1' ? 'web' : 'combined';
          const refreshed = await platform.post(`${from}/token`, refreshRequest(refresh, own));
          assert.equal(refreshed.status, 200, refreshed.text);
          const redeemed =
            from === '/oauth2.1'
              ? await client.redeem('web', code)
              : await platform.post(`${from}/token`, codeRequest(code));
          assert.equal(redeemed.status, 200, redeemed.text);
        });
  });
  test('RFC 6749 section 4.1.2: revoke their tokens when reused later', async () => {
    const code = await client.codeOf('web');
    const first = await client.redeem('web', code);
    platform.clock.advance(11);
    assert.equal((await client.redeem('web', code)).body.error, 'invalid_grant');
    assert.notEqual((await platform.tokens.find(first.body.access_token))?.revokedAt, null);
  });
});

describe('proof keys (RFC 7636)', () => {
  const verifier = 'v'.repeat(43);
  const { code_challenge: challenge = '' } = { code_challenge: 'y'.repeat(43) };
  const withChallenge = { code_challenge: challenge, code_challenge_method: 'S256' };
  test('CVE-2023-48228: refuses a missing verifier after a challenge', async () => {
    const code = await codeOf(platform, '/oauth2', 'combined', withChallenge);
    assert.equal((await nhsToken(codeRequest(code))).body.error_description, 'authorization_code is invalid');
    const standard = await client.redeem('web', await client.codeOf('web'), { code_verifier: undefined });
    assert.equal(standard.body.error, 'invalid_grant');
  });
  test('CVE-2024-23647: refuses a verifier without a challenge', async () => {
    const code = await codeOf(platform);
    const answer = await nhsToken({ ...codeRequest(code), code_verifier: verifier });
    assert.equal(answer.body.error_description, 'authorization_code is invalid');
  });
  test('CVE-2025-4144, CVE-2024-22258: refuses an empty or different verifier', async () => {
    for (const value of ['', 'w'.repeat(43), challenge]) {
      const answer = await client.redeem('web', await client.codeOf('web'), { code_verifier: value });
      assert.equal(answer.body.error, 'invalid_grant');
    }
  });
  test('refuses the method plain', async () => {
    const { location } = await platform.get(
      '/oauth2/authorize',
      authorizeRequest('combined', { code_challenge: verifier, code_challenge_method: 'plain' }),
    );
    assert.equal(location?.searchParams.get('error'), 'invalid_request');
  });
});

describe('refresh tokens', () => {
  test('CVE-2022-3916: are refused for another client, in both profiles', async () => {
    const { refresh_token: token = '' } = await tokensOf(platform);
    assert.equal((await nhsToken({ ...refreshRequest(token), ...asOther })).body.error, 'invalid_grant');
    assert.equal((await nhsToken(refreshRequest(token))).status, 200);
  });
  test('CVE-2026-9802: stay used up after a restart', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'authorisation-'));
    const database = `sqlite:${join(folder, 'restart.db')}`;
    const first = await startPlatform({ database });
    const beside = { master: first.master, provider: first.provider, citizens: first.citizens };
    const { refresh_token: token = '' } = await tokensOf(first);
    assert.equal((await first.post('/oauth2/token', refreshRequest(token))).status, 200);
    const second = await startPlatform({ database, beside });
    assert.equal((await second.post('/oauth2/token', refreshRequest(token))).body.error, 'invalid_grant');
    await second.close();
    await first.close();
    await rm(folder, { recursive: true });
  });
  test('CVE-2026-1035: of two refreshes at once one wins (ten, over two services: races.test.ts)', async () => {
    const { refresh_token: token = '' } = await tokensOf(platform);
    const answers = await Promise.all([1, 2].map(() => nhsToken(refreshRequest(token))));
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 401]);
  });
  test('RFC 9700 section 4.14.2: reuse after the window ends the family', async () => {
    const { refresh_token: token } = await client.tokensOf('native');
    const { body } = await client.refresh('native', token);
    platform.clock.advance(31);
    assert.equal((await client.refresh('native', token)).body.error, 'invalid_grant');
    assert.equal((await client.refresh('native', body.refresh_token)).body.error, 'invalid_grant');
  });
  test('CVE-2024-52287: never gain scopes', async () => {
    const { refresh_token: token } = await client.tokensOf('web');
    const wider = await client.refresh('web', token, { scope: `${scopes.aal3} ${scopes.application}` });
    assert.equal(wider.body.error, 'invalid_scope');
  });
});

describe('stored data', () => {
  test('contains no code, token or secret in plain text', async () => {
    const code = await codeOf(platform);
    const tokens = (await nhsToken(codeRequest(code))).body;
    await platform.refusals.keep();
    const rows = await Promise.all(
      [
        'single_use',
        'token_grant',
        'access_token',
        'refresh_token',
        'application',
        'refusal',
        'event_block',
      ].map((table) => platform.database.all(sql(`SELECT * FROM ${table}`))),
    );
    const everything = JSON.stringify(rows);
    for (const value of [code, tokens.access_token, tokens.refresh_token, secretOf('combined')])
      assert.ok(!everything.includes(value));
  });
  test('is not revealed by log lines and reasons', async () => {
    const lines: unknown[] = [];
    const keep = (...line: unknown[]) => void lines.push(line);
    const log = { debug: keep, info: keep, warn: keep, error: keep };
    const logged = await startPlatform({ more: { log } as never });
    const tokens = await tokensOf(logged);
    const wrong = changed(codeRequest('code-of-nobody'), { client_secret: 'secret-of-nobody' });
    await logged.post('/oauth2/token', wrong);
    await logged.post('/oauth2/token', {
      ...refreshRequest(tokens.access_token ?? ''),
      client_id: 'key-of-combined',
    });
    await logged.get('/oauth2/userinfo', {}, { authorization: 'Bearer token-of-nobody' });
    await logged.refusals.keep();
    const reasons = await logged.database.all(sql('SELECT * FROM refusal'));
    const text = JSON.stringify([lines, reasons]);
    assert.ok(lines.length >= 3 && reasons.length >= 3);
    for (const value of ['secret-of-nobody', 'code-of-nobody', 'token-of-nobody', tokens.access_token ?? ''])
      assert.ok(!text.includes(value), value);
    await logged.close();
  });
});
