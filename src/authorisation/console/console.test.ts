import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { decodeJwt } from '@alongside/kernel/jws';
import type { Person } from '../../cis/protocol.ts';
import { sealedAs } from '../issue.ts';
import { tokensOf } from '../testing/journeys.ts';
import { type Platform, startPlatform } from '../testing/platform.ts';
import { careWorker } from '../testing/provider.ts';
import { startStandardClient } from '../testing/standard.ts';

const secret = 'secret-of-the-console-0123456789';
const authorization = `Bearer ${secret}`;

const role = (roleId: string): Person['roles'][number] => ({
  roleId,
  personOrgId: '1',
  roleCode: 'S8000:G8000:R8008',
  roleName: '"a":"b":"c"',
  orgCode: 'RJ11',
  orgName: 'Alder',
  activities: [],
  workgroups: [],
  areasOfWork: [],
});

const person = (uid: string, changes: Partial<Person> = {}): Person => ({
  uid,
  persona: null,
  title: '',
  givenName: 'Test',
  middleNames: '',
  familyName: 'Person',
  initials: '',
  displayName: 'Test Person',
  email: '',
  idAssuranceLevel: '3',
  authenticators: ['password', 'smartcard', 'authenticatorApp'],
  organisations: [],
  roles: careWorker.roles.map(role),
  professionalIds: {},
  disabled: false,
  ...changes,
});

const people: Record<string, Person> = {
  [careWorker.sub]: person(careWorker.sub),
  '656005750109': person('656005750109', { authenticators: ['authenticatorApp'], roles: [role('1')] }),
  '656005750110': person('656005750110', { authenticators: ['password'] }),
  '656005750114': person('656005750114', { idAssuranceLevel: '1', roles: [] }),
  '656005750199': person('656005750199', { disabled: true }),
};

const more = {
  consoleSecret: secret,
  personSource: async (uid: string) => {
    if (uid === '0') throw new Error('CIS is away');
    return people[uid];
  },
};

let platform: Platform;
const mint = (body: unknown, headers: Record<string, string> = { authorization }, at = platform) =>
  at.call('/authorisation/tokens', {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  });
const minted = async (uid: string, application = 'combined', base?: string) => {
  const answer = await mint({ person: uid, application, base });
  assert.equal(answer.status, 200, answer.text);
  return answer;
};
const recordOf = async (token: string) => {
  const record = await platform.tokens.find(token);
  assert.ok(record);
  return record;
};

before(async () => {
  platform = await startPlatform({ more });
});
after(() => platform.close());

describe('minted tokens', () => {
  test('equal those of a combined sign-in of the same person', async () => {
    for (const base of ['/oauth2', '/oauth2-mock']) {
      const real = await tokensOf(platform, base);
      const { body } = await minted(careWorker.sub, 'combined', base);
      assert.deepEqual(Object.keys(body), Object.keys(real));
      assert.deepEqual(
        [body.expires_in, body.refresh_token_expires_in, body.refresh_count, body.token_type],
        [real.expires_in, real.refresh_token_expires_in, real.refresh_count, real.token_type],
      );
      for (const kind of ['access_token', 'refresh_token'] as const) {
        const [made, model] = [await recordOf(body[kind]), await recordOf(real[kind] ?? '')];
        const own = { family: '', sid: '', attributes: {}, grant: {} };
        assert.deepEqual({ ...made, ...own }, { ...model, ...own });
        const {
          [sealedAs.idToken]: idToken,
          [sealedAs.accessToken]: accessToken,
          ...rest
        } = model.attributes;
        assert.ok(idToken && accessToken);
        assert.deepEqual(made.attributes, rest);
      }
    }
  });

  test('have the level of the strongest authenticator', async () => {
    const { body } = await minted('656005750109');
    const { attributes, scope } = await recordOf(body.access_token);
    assert.equal(attributes.auth_level, 'aal2');
    assert.equal(attributes['id_token-acr'], 'AAL2_ANY');
    assert.equal(attributes['id_token-selected_roleid'], '1');
    assert.equal(scope, 'urn:nhsd:apim:user-nhs-cis2:aal2:records');
    const unproven = await recordOf((await minted('656005750114')).body.access_token);
    assert.equal(unproven.attributes['id_token-id-assurance-level'], '1');
    assert.equal(unproven.attributes['alongside.role_ids'], '');
    assert.equal(unproven.attributes['id_token-selected_roleid'], undefined);
  });

  test('can be refreshed and end with their session', async () => {
    const { body } = await minted(careWorker.sub);
    const form = { grant_type: 'refresh_token', refresh_token: body.refresh_token };
    const credentials = {
      client_id: 'key-of-combined',
      client_secret: 'secret-of-combined-0123456789abcdefghij',
    };
    const refreshed = await platform.post('/oauth2/token', { ...form, ...credentials });
    assert.equal(refreshed.status, 200, refreshed.text);
    const { sid } = await recordOf(refreshed.body.access_token);
    const logout = await platform.provider.logoutToken({ sid });
    const ended = await platform.post('/oauth2/backchannel_logout', { logout_token: logout });
    assert.equal(ended.status, 200, ended.text);
    assert.notEqual((await recordOf(refreshed.body.access_token)).revokedAt, null);
  });

  test('get userinfo from the directory', async () => {
    const userinfo = async (at: Platform, uid: string) => {
      const { body } = await mint({ person: uid, application: 'combined' }, undefined, at);
      return at.get('/oauth2/userinfo', {}, { authorization: `Bearer ${body.access_token}` });
    };
    const known = { sub: careWorker.sub, name: 'Test Person', nhsid_nrbac_roles: [] };
    const userinfoSource = async (uid: string) => (uid === careWorker.sub ? known : undefined);
    const telling = await startPlatform({ more: { ...more, userinfoSource } });
    try {
      const answer = await userinfo(telling, careWorker.sub);
      assert.deepEqual([answer.status, answer.body], [200, known]);
      assert.equal((await userinfo(telling, '656005750114')).status, 401);
    } finally {
      await telling.close();
    }
    assert.equal((await userinfo(platform, careWorker.sub)).status, 401);
  });

  test('an application of the standard profile gets numbers, and a JWT with who may act where it is registered so', async () => {
    const { platform: at } = await startStandardClient({ more });
    try {
      const answer = await mint({ person: careWorker.sub, application: 'web' }, undefined, at);
      assert.equal(answer.status, 200, answer.text);
      assert.deepEqual(
        [answer.body.expires_in, answer.body.scope],
        [599, 'urn:nhsd:apim:user-nhs-id:aal3:records'],
      );
      assert.equal((await at.tokens.find(answer.body.access_token))?.issuer, 'https://api.test/oauth2.1');

      const { revision = 0, ...web } = (await at.applications.get('web')) ?? assert.fail();
      const registration = web.platform ?? assert.fail();
      const accessToken = { format: 'jwt', signingAlg: 'ES256' } as const;
      const platformHalf = { ...registration, accessToken, attributes: { 'may-act': 'key-of-signing' } };
      assert.ok(await at.applications.replace({ ...web, platform: platformHalf }, revision));
      const signed = await mint({ person: careWorker.sub, application: 'web' }, undefined, at);
      const { header, claims } = decodeJwt(signed.body.access_token) ?? assert.fail('no JWT, as registered');
      assert.deepEqual(
        [header.typ, header.alg, claims.sub, claims.may_act],
        ['at+jwt', 'ES256', careWorker.sub, { sub: 'key-of-signing' }],
      );

      const strict = await mint({ person: careWorker.sub, application: 'strict' }, undefined, at);
      assert.deepEqual([strict.status, strict.body.error], [422, 'tokens_bound'], 'FAPI 2.0 has no other');
    } finally {
      await at.close();
    }
  });

  const refused: [string, unknown, number, string][] = [
    ['no body', undefined, 400, 'invalid_request'],
    ['a list', [], 400, 'invalid_request'],
    [
      'a person and a citizen',
      { person: careWorker.sub, citizen: '9912003071', application: 'combined' },
      400,
      'invalid_request',
    ],
    ['a citizen without ten digits', { citizen: 'x', application: 'combined' }, 400, 'invalid_request'],
    ['a number for a person', { person: 1, application: 'combined' }, 400, 'invalid_request'],
    [
      'an unknown member',
      { person: careWorker.sub, application: 'combined', level: '3' },
      400,
      'invalid_request',
    ],
    ['an unknown person', { person: '1', application: 'combined' }, 404, 'unknown_person'],
    ['a disabled person', { person: '656005750199', application: 'combined' }, 422, 'person_disabled'],
    ['CIS away', { person: '0', application: 'combined' }, 503, 'directory_unreachable'],
    ['an unknown application', { person: careWorker.sub, application: 'nobody' }, 404, 'unknown_application'],
    [
      'a base path of another profile',
      { person: careWorker.sub, application: 'combined', base: '/oauth2.1' },
      422,
      'unknown_base',
    ],
    [
      'a level without a scope',
      { person: '656005750110', application: 'combined' },
      401,
      'unauthorized_client',
    ],
    [
      'a level that the products lack',
      { person: careWorker.sub, application: 'aal2' },
      401,
      'unauthorized_client',
    ],
    ['a revoked application', { person: careWorker.sub, application: 'revoked' }, 401, 'access_denied'],
    [
      'an unsubscribed application',
      { person: careWorker.sub, application: 'unsubscribed' },
      401,
      'access_denied',
    ],
  ];
  for (const [what, body, status, error] of refused)
    test(`refused: ${what}`, async () => {
      const answer = await mint(body);
      assert.deepEqual([answer.status, answer.body.error], [status, error], answer.text);
    });

  test('are issued only to the console, in development', async () => {
    const order = { person: careWorker.sub, application: 'combined' };
    for (const headers of [{}, { authorization: 'Bearer wrong' }, { authorization: secret }]) {
      const answer = await mint(order, headers as Record<string, string>);
      assert.deepEqual([answer.status, answer.body.error], [401, 'service_unknown']);
    }
    const production = await startPlatform({ development: false, more });
    try {
      assert.equal((await mint(order, undefined, production)).status, 404);
    } finally {
      await production.close();
    }
  });
});
