import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { decodeJwt } from '@alongside/kernel/jws';
import type { Cis2Registration } from '../../oauth/applications.ts';
import { Browser, form, send } from '../testing/browser.ts';
import { type Instance, startInstance } from '../testing/instance.ts';
import { redeem } from '../testing/journey.ts';
import { gp, gpRole, nurse, nurseRole, starter } from '../testing/people.ts';

let cis2: Instance;
let client: Cis2Registration;
before(async () => {
  cis2 = await startInstance();
  client = await cis2.register();
});
after(() => cis2.stop());

const tokenFor = async (
  uid: string,
  scope: string,
  parameters: Record<string, string> = {},
  of = client,
): Promise<string> => {
  const role = uid === nurse.uid ? { roleId: nurseRole.roleId } : {};
  await cis2.agent.signIn(uid, role);
  return (await redeem(cis2, of, await cis2.signIn(new Browser(), of, { scope, ...parameters })))
    .access_token;
};
const bearer = (token: string) =>
  send('GET', `${cis2.issuer}/userinfo`, { authorization: `Bearer ${token}` });
const claimsFor = async (uid: string, scope: string, parameters?: Record<string, string>) =>
  JSON.parse((await bearer(await tokenFor(uid, scope, parameters))).body);

const own = { nhsid_useruid: gp.uid, name: 'TESTONE Caius Dr' };

describe('claims of userinfo', () => {
  const cases: [string, Record<string, unknown>][] = [
    ['openid', {}],
    ['openid profile', { name: own.name, family_name: 'Testone', given_name: 'Caius', uid: gp.uid }],
    ['openid email', { email: 'testone@example.test' }],
    [
      'openid nhsperson',
      {
        ...own,
        title: 'Dr',
        initials: 'C',
        display_name: own.name,
        idassurancelevel: '3',
        family_name: 'Testone',
        given_name: 'Caius',
        uid: gp.uid,
      },
    ],
    [
      'openid nationalrbacaccess',
      {
        ...own,
        nhsid_nrbac_roles: [
          {
            person_orgid: '555254239107',
            person_roleid: '555254240100',
            org_code: 'A9A5A',
            role_name: gpRole.roleName,
            role_code: 'S0010:G0020:R0260',
            activities: ['Independent Prescribing', 'Verify Prescription'],
            activity_codes: ['B0420', 'B0068'],
          },
        ],
      },
    ],
    [
      'openid associatedorgs',
      { ...own, nhsid_user_orgs: [{ org_name: 'Example Surgery', org_code: 'A9A5A' }] },
    ],
    ['openid professionalmemberships', { ...own, gmc_id: 'GMC123' }],
    [
      'openid organisationalmemberships',
      {
        ...own,
        nhsid_org_memberships: [
          { person_orgid: '555254239107', org_name: 'Example Surgery', org_code: 'A9A5A', gnc: '1234' },
        ],
        nhsid_org_roles: [{ person_orgid: '555254239107', org_name: 'Example Surgery', org_code: 'A9A5A' }],
      },
    ],
    ['openid selectedrole', { ...own, selected_roleid: '555254240100' }],
  ];
  for (const [scope, claims] of cases)
    test(`are those of the scope ${scope}`, async () =>
      assert.deepEqual(await claimsFor(gp.uid, scope), { ...claims, sub: gp.uid }));

  test('omit empty optional pairs, and use the published names', async () => {
    const { nhsid_nrbac_roles: roles } = await claimsFor(nurse.uid, 'openid nationalrbacaccess');
    assert.deepEqual(Object.keys(roles[1]), [
      'person_orgid',
      'person_roleid',
      'org_code',
      'role_name',
      'role_code',
      'workgroups',
      'workgroups_codes',
      'aow',
      'aow_codes',
    ]);
    assert.equal(roles[1].person_roleid, '093895563513');
  });
  test('are lists also when empty', async () => {
    const claims = await claimsFor(
      starter.uid,
      'openid nationalrbacaccess associatedorgs organisationalmemberships',
    );
    for (const name of ['nhsid_nrbac_roles', 'nhsid_user_orgs', 'nhsid_org_memberships', 'nhsid_org_roles'])
      assert.deepEqual(claims[name], []);
  });
  test('include claims that were requested by name', async () => {
    const claims = JSON.stringify({ userinfo: { email: { essential: true }, phone_number: null } });
    assert.deepEqual(await claimsFor(gp.uid, 'openid', { claims }), {
      email: 'testone@example.test',
      sub: gp.uid,
    });
  });
  test('leave out claims that were requested for the ID token', async () => {
    const claims = JSON.stringify({ id_token: { family_name: null, aud: { value: 'x' } } });
    await cis2.agent.signIn(gp.uid);
    const { id_token } = await redeem(cis2, client, await cis2.signIn(new Browser(), client, { claims }));
    const token = decodeJwt(id_token)?.claims;
    assert.deepEqual([token?.family_name, token?.aud], ['Testone', client.clientId]);
  });
  test('leave out a role that the user no longer has', async () => {
    const token = await tokenFor(nurse.uid, 'openid selectedrole');
    cis2.cis.people.set(nurse.uid, { ...nurse, roles: [gpRole] });
    const { body } = await bearer(token);
    cis2.cis.people.set(nurse.uid, nurse);
    assert.ok(!body.includes('selected_roleid'));
  });
  test('are those of the person now, and of the token alone, in repeated responses', async () => {
    const [names, address] = [
      await tokenFor(gp.uid, 'openid profile'),
      await tokenFor(gp.uid, 'openid email'),
    ];
    const bodies = async () =>
      Promise.all([names, address, names].map(async (token) => JSON.parse((await bearer(token)).body)));
    const [before] = await bodies();
    assert.equal(before.email, undefined);
    cis2.cis.people.set(gp.uid, { ...gp, givenName: 'Gaius', email: 'gaius@example.test' });
    const [first, second, third] = await bodies();
    cis2.cis.people.set(gp.uid, gp);
    assert.deepEqual([first.given_name, first.email], ['Gaius', undefined]);
    assert.deepEqual(second, { email: 'gaius@example.test', sub: gp.uid });
    assert.deepEqual(third, first);
    assert.deepEqual((await bodies())[0], before);
  });
});

test('assurance levels are numbers when the setting is on', async () => {
  const numbers = await startInstance({ assuranceAsNumbers: true, forgeRockClaims: false });
  try {
    const rp = await numbers.register();
    await numbers.agent.signIn(gp.uid);
    const { id_token, access_token } = await redeem(
      numbers,
      rp,
      await numbers.signIn(new Browser(), rp, { scope: 'openid nhsperson' }),
    );
    const { id_assurance_level, authentication_assurance_level, tokenName } =
      decodeJwt(id_token)?.claims ?? {};
    assert.deepEqual([id_assurance_level, authentication_assurance_level, tokenName], [3, 3, undefined]);
    const { body } = await send('GET', `${numbers.issuer}/userinfo`, {
      authorization: `Bearer ${access_token}`,
    });
    assert.equal(JSON.parse(body).idassurancelevel, 3);
  } finally {
    await numbers.stop();
  }
});

describe('the access token at userinfo', () => {
  const url = () => `${cis2.issuer}/userinfo`;
  const posted = { 'content-type': 'application/x-www-form-urlencoded' };
  test('may be in the header of a GET or POST, or in the form of a POST', async () => {
    const token = await tokenFor(gp.uid, 'openid');
    assert.equal(
      (await send('GET', `${url()}?schema=openid`, { authorization: `Bearer ${token}` })).status,
      200,
    );
    assert.equal((await send('GET', url(), { authorization: `bearer ${token}` })).status, 200);
    assert.equal((await send('POST', url(), { authorization: `Bearer ${token}` })).status, 200);
    assert.equal((await send('POST', url(), posted, form({ access_token: token }))).status, 200);
  });
  test('may not be in the address: 401 with a bare challenge', async () => {
    const reply = await send('GET', `${url()}?access_token=${await tokenFor(gp.uid, 'openid')}`);
    assert.equal(reply.status, 401);
    assert.equal(reply.headers['www-authenticate'], 'Bearer realm="cis2"');
  });
  test('may not be there twice: 400', async () => {
    const token = await tokenFor(gp.uid, 'openid');
    const both = await send(
      'POST',
      url(),
      { ...posted, authorization: `Bearer ${token}` },
      form({ access_token: token }),
    );
    assert.equal(both.status, 400);
    assert.equal(
      (await send('POST', url(), posted, `access_token=${token}&access_token=${token}`)).status,
      400,
    );
  });
  for (const [name, header] of [
    ['an unknown token', 'Bearer xyz'],
    ['no token', 'Bearer '],
    ['two tokens', 'Bearer a b'],
  ] as const)
    test(`gets 401 invalid_token for ${name}`, async () => {
      const reply = await send('GET', url(), { authorization: header });
      assert.equal(reply.status, 401);
      assert.match(String(reply.headers['www-authenticate']), /error="invalid_token"/);
    });
  test('gets 401 without an error code for another scheme', async () => {
    for (const header of ['Basic eDp5', 'Bearerx y', 'xyz']) {
      const reply = await send('GET', url(), { authorization: header });
      assert.equal(reply.status, 401);
      assert.match(String(reply.headers['www-authenticate']), /^Bearer/);
      assert.doesNotMatch(String(reply.headers['www-authenticate']), /error/, header);
    }
  });
  test('gets 401 when it has expired, or its user or client is disabled', async () => {
    const token = await tokenFor(gp.uid, 'openid');
    cis2.clock.advance(3600);
    assert.equal((await bearer(token)).status, 401);
    cis2.clock.advance(-3600);
    cis2.cis.people.set(gp.uid, { ...gp, disabled: true });
    assert.equal((await bearer(token)).status, 401);
    cis2.cis.people.set(gp.uid, gp);
    assert.equal((await bearer(token)).status, 200);
    const application = await cis2.applications.byCis2Client(client.clientId);
    assert.ok(application);
    await cis2.applications.replace({ ...application, status: 'revoked' }, application.revision);
    assert.equal((await bearer(token)).status, 401);
    await cis2.applications.replace({ ...application, status: 'approved' }, application.revision + 1);
  });
  test('is refused from another issuer', async () => {
    const record = {
      kind: 'access' as const,
      issuer: 'x',
      family: 'f',
      applicationId: 'a',
      clientId: client.clientId,
      uid: gp.uid,
      sid: null,
      scope: 'openid',
      attributes: {},
      issuedAt: 0,
      expiresAt: cis2.clock.now() + 1e6,
    };
    const made = { ...record, token: 'foreign', ...cis2.tokens.placeOf('foreign') };
    await cis2.database.batch(cis2.tokens.issueStatements(record, [made]));
    assert.equal((await bearer('foreign')).status, 401);
  });
});

test('a signed response omits the audience in the published profile', async () => {
  const signed = await cis2.register({ userinfoSigningAlg: 'RS256' });
  const reply = await bearer(await tokenFor(gp.uid, 'openid email', {}, signed));
  assert.equal(reply.headers['content-type'], 'application/jwt');
  assert.deepEqual(decodeJwt(reply.body)?.claims, { email: gp.email, sub: gp.uid, iss: cis2.issuer });
});
