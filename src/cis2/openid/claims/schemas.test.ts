import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { decodeJwt } from '@alongside/kernel/jws';
import { z } from 'zod';
import type { Cis2Registration } from '../../../oauth/applications.ts';
import { claimValues, scopeValues } from '../../../oauth/openid/claims.ts';
import { Browser, send } from '../../testing/browser.ts';
import { type Instance, startInstance } from '../../testing/instance.ts';
import { redeem } from '../../testing/journey.ts';
import { gp, locum, nurse, nurseRole, starter } from '../../testing/people.ts';

interface Schema {
  $id: string;
  $schema: string;
  properties: Record<string, Record<string, unknown>>;
  required: string[];
}
type Claims = Record<string, unknown>;

const schemaAt = async (cis2: Instance, name: string): Promise<Schema> =>
  JSON.parse((await send('GET', `${cis2.origin}/schemas/${name}.json`)).body);
/** Validates with the published schema alone. */
const fits = (schema: Schema, claims: Claims): boolean =>
  z.fromJSONSchema(schema as never).safeParse(claims).success;
const unnamed = (schema: Schema, claims: Claims): string[] =>
  Object.keys(claims).filter((name) => !Object.hasOwn(schema.properties, name));

async function claimsOf(
  cis2: Instance,
  client: Cis2Registration,
  uid: string,
  more: Record<string, string> = {},
) {
  await cis2.agent.signIn(uid, uid === nurse.uid ? { roleId: nurseRole.roleId } : {});
  const back = await cis2.signIn(new Browser(), client, { scope: scopes, ...more });
  const { id_token, access_token } = await redeem(cis2, client, back);
  const { body } = await send('GET', `${cis2.issuer}/userinfo`, { authorization: `Bearer ${access_token}` });
  return { idToken: decodeJwt(id_token)?.claims as Claims, userinfo: JSON.parse(body) as Claims };
}

const scopes = scopeValues.filter((scope) => !scope.endsWith('edrole')).join(' ');

for (const assuranceAsNumbers of [false, true])
  describe(`schemas with levels as ${assuranceAsNumbers ? 'numbers' : 'strings'}`, () => {
    let cis2: Instance;
    let idToken: Schema;
    let userinfo: Schema;
    before(async () => {
      cis2 = await startInstance({ assuranceAsNumbers });
      idToken = await schemaAt(cis2, 'id-token');
      userinfo = await schemaAt(cis2, 'userinfo');
    });
    after(() => cis2.stop());

    for (const profile of ['nhs', 'standard'] as const)
      test(`describe every member of the tokens of the profile ${profile}`, async () => {
        const client = await cis2.register({ profile });
        const claims = JSON.stringify({
          id_token: Object.fromEntries(claimValues.map((name) => [name, null])),
        });
        for (const uid of [gp.uid, nurse.uid, locum.uid, starter.uid])
          for (const more of [{}, { claims }] as Record<string, string>[]) {
            const made = await claimsOf(cis2, client, uid, more);
            assert.ok(fits(idToken, made.idToken), JSON.stringify(made.idToken));
            assert.ok(fits(userinfo, made.userinfo), JSON.stringify(made.userinfo));
            assert.deepEqual(unnamed(idToken, made.idToken), []);
            assert.deepEqual(unnamed(userinfo, made.userinfo), []);
          }
      });

    test('refuse values of the wrong form', async () => {
      const made = await claimsOf(cis2, await cis2.register(), nurse.uid);
      const roles = made.userinfo.nhsid_nrbac_roles as Claims[];
      const wrong: [Schema, Claims][] = [
        [idToken, { ...made.idToken, authentication_assurance_level: assuranceAsNumbers ? '3' : 3 }],
        [idToken, { ...made.idToken, id_assurance_level: assuranceAsNumbers ? 4 : '4' }],
        [idToken, { ...made.idToken, iss: `${cis2.issuer}/` }],
        [idToken, { ...made.idToken, amr: 'N3_SMARTCARD' }],
        [idToken, { ...made.idToken, at_hash: 'short' }],
        [idToken, { ...made.idToken, sid: undefined }],
        [userinfo, { ...made.userinfo, sub: '1' }],
        [userinfo, { ...made.userinfo, nhsid_nrbac_roles: roles[0] }],
        [userinfo, { ...made.userinfo, nhsid_nrbac_roles: [{ ...roles[0], org_code: undefined }] }],
      ];
      for (const [schema, claims] of wrong)
        assert.equal(fits(schema, JSON.parse(JSON.stringify(claims))), false, JSON.stringify(claims));
      // Relying parties ignore unknown members.
      assert.ok(fits(userinfo, { ...made.userinfo, new_claim: 1 }));
    });
  });

test('serves the schemas at the addresses of the discovery document, to pages of any origin', async () => {
  const cis2 = await startInstance();
  try {
    const document = JSON.parse((await send('GET', `${cis2.issuer}/.well-known/openid-configuration`)).body);
    for (const [member, path] of [
      ['id_token_schema_uri', '/schemas/id-token.json'],
      ['userinfo_schema_uri', '/schemas/userinfo.json'],
    ] as const) {
      const { headers, body, status } = await send('GET', document[member]);
      const schema: Schema = JSON.parse(body);
      assert.deepEqual(
        [status, headers['content-type'], headers['access-control-allow-origin']],
        [200, 'application/schema+json', '*'],
      );
      assert.equal(schema.$id, `${cis2.origin}${path}`);
      assert.equal(schema.$schema, 'https://json-schema.org/draft/2020-12/schema');
      assert.ok(schema.required.includes('sub'));
      if (member === 'userinfo_schema_uri')
        assert.match(String(schema.properties.title?.description), /Scopes: nhsperson\.$/);
      for (const name of claimValues) assert.ok(Object.hasOwn(schema.properties, name), name);
    }
  } finally {
    await cis2.stop();
  }
});
