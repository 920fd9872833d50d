import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { assertNeedsAudit } from '../../../test/testing/failing-audit.ts';
import { Administrators, newAdministrator } from '../model/administrators/administrators.ts';
import { AdministratorSessions } from '../model/administrators/sessions.ts';
import { startConsole, type TestConsole } from '../testing/console.ts';

const invitedAs = (name: string) => ({ name, role: 'administrator', organisations: [] }) as const;

/** Tables that the console changes. */
const tables = [
  'application',
  'client',
  'product',
  'developer',
  'setting',
  'signing_key',
  'administrator',
  'administrator_key',
  'administrator_session',
];

const publicJwk = (kid: string) => ({
  ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }),
  kid,
});
const developer = { id: 'acme', name: 'Acme' };
const newApplication = {
  name: 'keys',
  profile: 'standard',
  platform: {
    tokenEndpointAuthMethod: 'private_key_jwt',
    signingAlg: 'ES256',
    jwks: { keys: [publicJwk('first')] },
  },
  cis2: { redirectUris: ['https://app.test/callback'] },
};

describe('an act without an audit record', () => {
  let console_: TestConsole;
  let id: string;
  const call = (method: string, path: string, json?: unknown) =>
    console_.send(`/api/v1${path}`, { method, json });
  before(async () => {
    console_ = await startConsole();
    await console_.keys.cis2.ensure('RS256');
    ({ id } = (await call('POST', '/applications', newApplication)).body as { id: string });
  });
  after(() => console_.close());

  // The order matters: an act may depend on the one before it. `:id` is an application.
  const acts: readonly [name: string, method: string, path: string, body?: unknown][] = [
    ['registering an application', 'POST', '/applications', newApplication],
    ['changing an application', 'PATCH', '/applications/:id', { name: 'changed' }],
    ['revoking an application', 'POST', '/applications/:id/revoke'],
    ['approving an application', 'POST', '/applications/:id/approve'],
    ['adding a key', 'POST', '/applications/:id/keys', { half: 'platform', jwk: publicJwk('second') }],
    ['removing a key', 'DELETE', '/applications/:id/keys/platform/second'],
    ['adding a secret', 'POST', '/applications/:id/secrets', { half: 'cis2' }],
    ['making a resource server', 'PUT', '/resource-servers/:id', {}],
    ['removing a resource server', 'DELETE', '/resource-servers/:id'],
    ['removing an application', 'DELETE', '/applications/:id'],
    ['creating a product', 'POST', '/products', { name: 'new' }],
    ['changing a product', 'PATCH', '/products/new', { scopes: ['one'] }],
    ['removing a product', 'DELETE', '/products/new'],
    ['creating a developer', 'POST', '/developers', developer],
    ['changing a developer', 'PATCH', '/developers/acme', { status: 'inactive' }],
    ['removing a developer', 'DELETE', '/developers/acme'],
    ['switching a fault on', 'PUT', '/faults/test-fault', {}],
    ['switching a fault off', 'DELETE', '/faults/test-fault'],
    ['rotating keys', 'POST', '/keys/cis2/rotate', { now: true }],
    ['moving the clock', 'PUT', '/clock', { advance: 60 }],
    ['resetting', 'POST', '/reset'],
  ];
  for (const [name, method, path, body] of acts)
    test(`refuses ${name} and changes nothing`, async () => {
      const resets = console_.resets();
      const act = async () => {
        const offset = console_.clock.offset;
        const answer = await call(method, path.replace(':id', id), body);
        if (answer.status >= 500)
          assert.deepEqual([console_.clock.offset, console_.resets()], [offset, resets]);
        return answer;
      };
      await assertNeedsAudit(console_.database, tables, act);
    });
});

test('records an act at the agent before it, and its failure', async () => {
  const console_ = await startConsole();
  const { status } = await console_.send('/api/v1/cards/1', { method: 'DELETE' });
  assert.equal(status, 503, 'no agent answers here');
  assert.deepEqual(
    (await console_.audit.list()).map(({ action, outcome, target }) => [action, outcome, target]),
    [
      ['card.destroyed', 'ok', '1'],
      ['card.destroyed', 'failed', '1'],
    ],
  );
  await console_.close();
});

describe('an act without an audit record, in production', () => {
  let console_: TestConsole;
  let cookie: string;
  const headers = () => ({ host: 'console.test', cookie, 'content-type': 'application/json' });
  before(async () => {
    console_ = await startConsole({ development: false });
    const administrators = new Administrators(console_.database, console_.clock);
    const sessions = new AdministratorSessions(console_.database, console_.clock, console_.urls.console);
    const administrator = newAdministrator(invitedAs('Administrator'));
    const opening = sessions.begin(administrator);
    const key = { id: 'key', publicKey: 'a2V5', counter: 0 };
    const token = await administrators.invite(administrator);
    assert.ok(await administrators.join(token, administrator, key, opening.statements));
    cookie = opening.cookie.split(';')[0] ?? '';
  });
  after(() => console_.close());

  test('refuses a call of an administrator and changes nothing', async () => {
    const add = () =>
      console_.send('/api/v1/products', { method: 'POST', json: { name: 'new' }, headers: headers() });
    await assertNeedsAudit(console_.database, tables, add);
  });

  test('does not send a call to CIS', async () => {
    const answer = () =>
      console_.send('/api/v1/people', { method: 'POST', json: { givenName: 'A' }, headers: headers() });
    assert.equal((await answer()).status, 503, 'CIS does not answer here');
    assert.deepEqual(
      (await console_.audit.list())
        .filter(({ target }) => target === 'POST /api/v1/people')
        .map(({ outcome }) => outcome),
      ['ok', 'refused'],
      'the call is recorded before it is sent, and again when it fails',
    );
  });

  test('sums sign-ins without proof by network', async () => {
    await console_.audit.tick();
    const since = (await console_.audit.list()).at(-1)?.seq;
    const answer = { clientDataJSON: 'e30', authenticatorData: 'AA', signature: 'AA', userHandle: 'AA' };
    for (const id of ['key', 'unknown'])
      for (let n = 0; n < 2; n++) {
        const response = { id, rawId: id, type: 'public-key', response: answer };
        const { status } = await console_.send('/sign-in', {
          method: 'POST',
          json: { response },
          headers: headers(),
        });
        assert.ok(status >= 400 && status < 500, `it answers ${status}`);
      }
    assert.deepEqual(await console_.audit.list(since), []);
    await console_.audit.tick();
    const sums = (await console_.audit.list(since)).filter(({ action }) => action === 'unproven.refused');
    assert.deepEqual(
      sums.map(({ target, detail }) => [target, detail.count]),
      [['console-sign-in', 4]],
    );
  });

  test('refuses to sign out and keeps the session', async () => {
    const signOut = () => console_.send('/sign-out', { method: 'POST', headers: headers() });
    await assertNeedsAudit(console_.database, tables, signOut);
  });
});
