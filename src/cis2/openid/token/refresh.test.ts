import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { decodeJwt } from '@alongside/kernel/jws';
import { halfHash, sha256 } from '@alongside/kernel/secrets';
import type { Cis2Registration } from '../../../oauth/applications.ts';
import { sql } from '../../../storage/database.ts';
import { Browser, form, type Reply, send } from '../../testing/browser.ts';
import { codeOf, type Instance, secret, startInstance } from '../../testing/instance.ts';
import { gp, nurse, nurseRole } from '../../testing/people.ts';

let cis2: Instance;
let standard: Cis2Registration;
let nhs: Cis2Registration;
let without: Cis2Registration;
let other: Cis2Registration;
let advanced = 0;
before(async () => {
  cis2 = await startInstance();
  standard = await cis2.register({ profile: 'standard', refreshTokens: true });
  other = await cis2.register({ profile: 'standard', refreshTokens: true });
  without = await cis2.register({ profile: 'standard' });
  nhs = await cis2.register({ refreshTokens: true });
});
after(() => cis2.stop());
beforeEach(async () => {
  advanced = 0;
  await cis2.agent.signIn(nurse.uid, { roleId: nurseRole.roleId });
});
afterEach(() => {
  cis2.clock.advance(-advanced);
  cis2.cis.people.set(nurse.uid, nurse);
});
const advance = (seconds: number) => {
  advanced += seconds;
  cis2.clock.advance(seconds);
};

const post = (client: Cis2Registration, values: Record<string, string>): Promise<Reply> =>
  send(
    'POST',
    `${cis2.issuer}/access_token`,
    { 'content-type': 'application/x-www-form-urlencoded' },
    form({ client_id: client.clientId, client_secret: secret, ...values }),
  );

type Tokens = Record<'access_token' | 'id_token' | 'refresh_token' | 'scope', string>;
const tokensOf = ({ body, status }: Reply): Tokens => {
  assert.equal(status, 200, body);
  return JSON.parse(body);
};
const redeem = async (client: Cis2Registration, back: Reply): Promise<Tokens> => {
  const values = { code: codeOf(back), redirect_uri: client.redirectUris[0] ?? '' };
  return tokensOf(await post(client, { grant_type: 'authorization_code', ...values }));
};
const signIn = async (client: Cis2Registration, more: Record<string, string> = {}): Promise<Tokens> => {
  const parameters = { scope: client === nhs ? 'openid profile' : 'openid profile offline_access', ...more };
  return redeem(client, await cis2.signIn(new Browser(), client, parameters));
};
const refresh = (
  client: Cis2Registration,
  token: string,
  more: Record<string, string> = {},
): Promise<Reply> => post(client, { grant_type: 'refresh_token', refresh_token: token, ...more });
const errorOf = ({ body }: Reply): string => JSON.parse(body).error;
const userinfo = (token: string): Promise<Reply> =>
  send('GET', `${cis2.issuer}/userinfo`, { authorization: `Bearer ${token}` });
const isLive = async (token: string): Promise<boolean> => (await userinfo(token)).status === 200;

describe('issuing refresh tokens', () => {
  test('requires the registration and offline_access in the standard profile', async () => {
    assert.ok((await signIn(standard)).refresh_token);
    assert.equal((await signIn(standard, { scope: 'openid' })).refresh_token, undefined);
  });
  test('ignores offline_access without the registration in the standard profile', async () => {
    const tokens = await signIn(without);
    assert.deepEqual([tokens.refresh_token, tokens.scope], [undefined, 'openid profile']);
  });
  test('requires the registration alone in the nhs profile', async () => {
    assert.ok((await signIn(nhs)).refresh_token);
    const reply = await cis2.signIn(new Browser(), await cis2.register(), { scope: 'openid offline_access' });
    assert.equal(new URL(reply.location).searchParams.get('error'), 'invalid_scope');
  });
});

describe('a refresh', () => {
  test('returns new tokens of the same sign-in, and an ID token without nonce (section 12.2)', async () => {
    const claims = JSON.stringify({ id_token: { email: null }, userinfo: { email: null } });
    const first = await signIn(standard, { max_age: '600', claims });
    advance(120);
    const reply = await refresh(standard, first.refresh_token);
    assert.equal(reply.headers['cache-control'], 'no-store');
    const second = JSON.parse(reply.body);
    assert.deepEqual(Object.keys(second), [
      'access_token',
      'id_token',
      'expires_in',
      'scope',
      'token_type',
      'refresh_token',
    ]);
    assert.deepEqual([second.expires_in, second.scope], [3599, 'openid profile offline_access']);
    assert.notEqual(second.access_token, first.access_token);
    assert.notEqual(second.refresh_token, first.refresh_token);
    const before = decodeJwt(first.id_token)?.claims ?? {};
    const after = decodeJwt(second.id_token)?.claims ?? {};
    const { nonce, at_hash: _, iat, exp: __, ...same } = before;
    assert.equal(nonce, 'nonce-1');
    const { iat: later, exp, ...rest } = after;
    assert.deepEqual(rest, { ...same, at_hash: halfHash(second.access_token) });
    assert.ok(Number(later) >= Number(iat) + 120);
    assert.equal(Number(exp) - Number(later), 3600);
    assert.equal(same.email, nurse.email);
    const { email, selected_roleid } = JSON.parse((await userinfo(second.access_token)).body);
    assert.deepEqual([email, selected_roleid], [nurse.email, undefined]);
  });
  test('returns an ID token without the hashes of code and state in the published profile', async () => {
    const { refresh_token } = await signIn(nhs);
    const claims = decodeJwt(tokensOf(await refresh(nhs, refresh_token)).id_token)?.claims ?? {};
    assert.deepEqual([claims.tokenName, claims.c_hash, claims.s_hash], ['id_token', undefined, undefined]);
    assert.equal(claims.selected_roleid, nurseRole.roleId);
  });
  test('may have a narrower scope, which does not narrow the next refresh', async () => {
    const first = await signIn(standard);
    const narrow = tokensOf(await refresh(standard, first.refresh_token, { scope: 'profile' }));
    assert.deepEqual([narrow.scope, narrow.id_token], ['profile', undefined]);
    const refused = await userinfo(narrow.access_token);
    assert.equal(refused.status, 403);
    assert.match(String(refused.headers['www-authenticate']), /error="insufficient_scope"/);
    const next = tokensOf(await refresh(standard, narrow.refresh_token));
    assert.equal(next.scope, 'openid profile offline_access');
  });
});

describe('refused refreshes', () => {
  let token: string;
  beforeEach(async () => {
    token = (await signIn(standard)).refresh_token;
  });
  const cases: [string, () => Promise<Reply>, string][] = [
    ['no token', () => refresh(standard, ''), 'invalid_request'],
    ['an unknown token', () => refresh(standard, 'x'.repeat(43)), 'invalid_grant'],
    [
      'an access token',
      async () => refresh(standard, (await signIn(standard)).access_token),
      'invalid_grant',
    ],
    ['the token of another client', () => refresh(other, token), 'invalid_grant'],
    ['a client without refresh tokens', () => refresh(without, token), 'unauthorized_client'],
    ['a wrong secret', () => refresh(standard, token, { client_secret: 'wrong' }), 'invalid_client'],
    ['a wider scope', () => refresh(standard, token, { scope: 'openid email' }), 'invalid_scope'],
    ['a malformed scope', () => refresh(standard, token, { scope: 'openid  profile' }), 'invalid_scope'],
  ];
  for (const [name, call, error] of cases)
    test(`answers ${error} for ${name}`, async () => {
      assert.equal(errorOf(await call()), error);
      // The refusal did not use the token up.
      assert.equal((await refresh(standard, token)).status, 200);
    });
  test('refuses a disabled user', async () => {
    cis2.cis.people.set(nurse.uid, { ...nurse, disabled: true });
    assert.equal(errorOf(await refresh(standard, token)), 'invalid_grant');
  });
  test('refuses a client after its refresh tokens were switched off', async () => {
    const registration = await cis2.register({ profile: 'standard', refreshTokens: true });
    const { refresh_token } = await signIn(registration);
    const application = await cis2.applications.byCis2Client(registration.clientId);
    assert.ok(application);
    await cis2.applications.replace(
      { ...application, cis2: { ...registration, refreshTokens: false } },
      application.revision,
    );
    assert.equal(errorOf(await refresh(registration, refresh_token)), 'unauthorized_client');
  });
});

describe('a role that the user no longer has', () => {
  test('is in no token of a refresh, or of a later one', async () => {
    const first = await signIn(standard, { scope: 'openid selectedrole offline_access' });
    assert.equal(decodeJwt(first.id_token)?.claims.selected_roleid, nurseRole.roleId);
    cis2.cis.people.set(nurse.uid, { ...nurse, roles: [] });
    const second = tokensOf(await refresh(standard, first.refresh_token));
    assert.equal(decodeJwt(second.id_token)?.claims.selected_roleid, undefined);
    cis2.cis.people.set(nurse.uid, nurse);
    assert.ok(!(await userinfo(second.access_token)).body.includes('selected_roleid'));
    const third = tokensOf(await refresh(standard, second.refresh_token));
    assert.equal(decodeJwt(third.id_token)?.claims.selected_roleid, undefined);
  });
});

describe('a repeated refresh in the standard profile', () => {
  test('returns the same successor within 30 s, also for ten at once', async () => {
    const { refresh_token } = await signIn(standard);
    const answers = await Promise.all(Array.from({ length: 10 }, () => refresh(standard, refresh_token)));
    const pairs = answers.map(tokensOf).map((tokens) => `${tokens.access_token} ${tokens.refresh_token}`);
    assert.equal(new Set(pairs).size, 1);
    advance(25);
    const again = tokensOf(await refresh(standard, refresh_token));
    assert.equal(`${again.access_token} ${again.refresh_token}`, pairs[0]);
    assert.equal(decodeJwt(again.id_token)?.claims.at_hash, halfHash(again.access_token));
    const { expires_in } = JSON.parse((await refresh(standard, refresh_token)).body);
    assert.ok(expires_in > 3540 && expires_in < 3575, `${expires_in}`);
  });
  test('refuses another client, and revokes nothing', async () => {
    const first = await signIn(standard);
    const second = tokensOf(await refresh(standard, first.refresh_token));
    assert.equal(errorOf(await refresh(other, first.refresh_token)), 'invalid_grant');
    assert.equal(await isLive(second.access_token), true);
  });
});

test('a repeated refresh in the nhs profile is refused, with one winner of ten', async () => {
  const { refresh_token } = await signIn(nhs);
  const replies = await Promise.all(Array.from({ length: 10 }, () => refresh(nhs, refresh_token)));
  const won = replies.filter(({ status }) => status === 200);
  assert.equal(won.length, 1);
  assert.equal(replies.filter((reply) => errorOf(reply) === 'invalid_grant').length, 9);
  assert.equal(errorOf(await refresh(nhs, refresh_token)), 'invalid_grant');
  assert.equal((await refresh(nhs, tokensOf(won[0] as Reply).refresh_token)).status, 200);
});

describe('the end of refresh tokens', () => {
  test('is the end of the session, with all tokens', async () => {
    const sid = await cis2.agent.signIn(gp.uid);
    const first = await redeem(
      standard,
      await cis2.signIn(new Browser(), standard, { scope: 'openid offline_access' }),
    );
    const second = tokensOf(await refresh(standard, first.refresh_token));
    const told = { sessionId: sid, agentId: cis2.agent.id, uid: gp.uid, generation: 'hscn' } as const;
    await cis2.sessionEnded({ ...told, cause: 'cardRemoved' });
    assert.equal(errorOf(await refresh(standard, second.refresh_token)), 'invalid_grant');
    assert.equal(await isLive(second.access_token), false);
  });
  test('is the latest end of the session', async () => {
    const { refresh_token } = await signIn(standard);
    advance(720 * 60 - 60);
    const next = tokensOf(await refresh(standard, refresh_token));
    advance(60);
    assert.equal(errorOf(await refresh(standard, next.refresh_token)), 'invalid_grant');
  });
  test('is a second use of their code', async () => {
    const back = await cis2.signIn(new Browser(), standard, { scope: 'openid offline_access' });
    const { refresh_token } = await redeem(standard, back);
    advance(11);
    const values = { code: codeOf(back), redirect_uri: standard.redirectUris[0] ?? '' };
    assert.equal((await post(standard, { grant_type: 'authorization_code', ...values })).status, 400);
    assert.equal(errorOf(await refresh(standard, refresh_token)), 'invalid_grant');
  });
});

test('neither the token nor its successor is stored in plain text', async () => {
  const { refresh_token } = await signIn(standard);
  const next = tokensOf(await refresh(standard, refresh_token));
  const rows = [];
  for (const table of ['token_grant', 'access_token', 'refresh_token'])
    rows.push(await cis2.database.all(sql(`SELECT * FROM ${table}`)));
  const text = JSON.stringify(rows);
  for (const token of [refresh_token, next.refresh_token, next.access_token]) {
    assert.ok(!text.includes(token));
    assert.ok(text.includes(sha256(token)));
  }
});

test('a refresh while CIS does not respond gets an OAuth error and uses nothing up', async () => {
  const { access_token, refresh_token } = await signIn(standard);
  const userinfo = () => send('GET', `${cis2.issuer}/userinfo`, { authorization: `Bearer ${access_token}` });
  cis2.cis.down = true;
  for (const reply of [await refresh(standard, refresh_token), await userinfo()]) {
    assert.equal(reply.status, 502);
    assert.equal(JSON.parse(reply.body).error, 'temporarily_unavailable');
    assert.equal(reply.headers['www-authenticate'], undefined);
  }
  cis2.cis.down = false;
  assert.equal((await userinfo()).status, 200);
  assert.equal((await refresh(standard, refresh_token)).status, 200);
});
