import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { PersonNow } from './people.ts';
import { type OutcomeBody, pdsBase, type RunningGateway, startGateway } from './testing/gateway.ts';

const path = `${pdsBase}/Patient/9000000009`;
const uid = '656005750107';
const issuer = 'https://issuer.example';
const [one, two] = ['555254240100', '555254240101'];

describe('a user who changes during a session', () => {
  let gateway: RunningGateway;
  const directory = new Map<string, PersonNow>();
  const asked: string[] = [];
  let broken = false;
  before(async () => {
    const people = {
      issuer,
      async find(who: string): Promise<PersonNow | undefined> {
        asked.push(who);
        if (broken) throw new Error('connection refused');
        return directory.get(who);
      },
    };
    gateway = await startGateway({}, ':memory:', { people });
  });
  after(() => gateway.stop());
  beforeEach(() => {
    gateway.clock.advance(10);
    asked.length = 0;
    broken = false;
    directory.set(uid, { disabled: false, roleIds: [one, two] });
  });

  const issue = (attributes: Record<string, string> = {}) =>
    gateway.issue({
      expiresAt: gateway.clock.now() + 600_000,
      attributes: {
        auth_grant_type: 'authorization_code',
        'id_token-issuer': issuer,
        'alongside.role_ids': `${one} ${two}`,
        ...attributes,
      },
    });
  const call = async (token: string, header?: string) => {
    const headers: Record<string, string> = header === undefined ? {} : { 'nhsd-session-urid': header };
    const answer = await gateway.call(path, { token, headers });
    const line = gateway.lines.findLast(({ message }) => message === 'call')?.fields ?? {};
    return { status: answer.status, rule: line.decision, role: line.role, answer };
  };

  test('a withdrawn role is refused within a second, the others stay', async () => {
    const token = await issue();
    assert.equal((await call(token, two)).status, 200);
    directory.set(uid, { disabled: false, roleIds: [one] });
    gateway.clock.advance(1);
    const { status, rule, answer } = await call(token, two);
    assert.deepEqual([status, rule], [400, 'gateway.roleInvalid']);
    const kept = await gateway.refusals.find(answer.headers.get('x-message-id') ?? '');
    assert.equal(kept?.detail, 'the role was withdrawn after the sign-in');
    const other = await call(token);
    assert.deepEqual([other.status, other.role], [200, one], 'the only one that is left is meant');
  });

  test('does not replace a withdrawn selected role by another', async () => {
    const token = await issue({ 'id_token-selected_roleid': two });
    directory.set(uid, { disabled: false, roleIds: [one] });
    const { status, rule } = await call(token);
    assert.deepEqual([status, rule], [400, 'gateway.roleInvalid']);
    assert.equal((await call(token, one)).status, 200, 'one that is still theirs may be asked for');
  });

  test('cannot use a role after all were withdrawn', async () => {
    directory.set(uid, { disabled: false, roleIds: [] });
    const { status, rule } = await call(await issue());
    assert.deepEqual([status, rule], [400, 'gateway.roleNone']);
  });

  test('gets a role granted after the sign-in only at the next sign-in', async () => {
    const token = await issue({ 'alongside.role_ids': one });
    assert.equal((await call(token, two)).rule, 'gateway.roleInvalid');
  });

  test('loses access to every API if the account is disabled', async () => {
    const token = await issue();
    directory.set(uid, { disabled: true, roleIds: [one, two] });
    const { status, rule, answer } = await call(token, one);
    assert.deepEqual([status, rule], [401, 'gateway.personDisabled']);
    assert.equal(((await answer.json()) as OutcomeBody).issue[0].diagnostics, 'Invalid Access Token');
    assert.equal((await gateway.call('/canary-api', { token })).status, 401);
  });

  test("a removed user's tokens are invalid, and an exchanged one cannot choose a role", async () => {
    const signedIn = await issue();
    const attributes = { auth_grant_type: 'token_exchange', 'id_token-issuer': issuer };
    const exchanged = await gateway.issue({ expiresAt: gateway.clock.now() + 600_000, attributes });
    directory.delete(uid);
    for (const token of [signedIn, exchanged]) {
      const { status, rule } = await call(token, '999999999999');
      assert.deepEqual([status, rule], [401, 'gateway.personDisabled']);
    }
  });

  test('is looked up in the directory at most once a second', async () => {
    const token = await issue();
    await Promise.all(Array.from({ length: 20 }, () => call(token, one)));
    assert.deepEqual(asked, [uid]);
    gateway.clock.advance(1);
    await call(token, one);
    assert.deepEqual(asked, [uid, uid]);
  });

  test('keeps the roles of the sign-in while the directory fails, which is then not called for a while', async () => {
    const token = await issue();
    broken = true;
    for (let at = 0; at < 3; at++) assert.equal((await call(token, two)).status, 200);
    assert.equal(asked.length, 1);
    broken = false;
    directory.set(uid, { disabled: true, roleIds: [] });
    gateway.clock.advance(5);
    assert.equal((await call(token, two)).status, 401);
  });

  test('is not looked up if another provider or an application issued the token', async () => {
    directory.set(uid, { disabled: true, roleIds: [] });
    assert.equal((await call(await issue({ 'id_token-issuer': 'https://other.example' }), two)).status, 200);
    const application = await gateway.issue({
      uid: null,
      attributes: {},
      expiresAt: gateway.clock.now() + 1,
    });
    assert.equal((await gateway.call('/canary-api', { token: application })).status, 200);
    assert.deepEqual(asked, []);
  });
});
