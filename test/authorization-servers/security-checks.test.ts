import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { json } from '@alongside/kernel/answer';
import { steps } from '@alongside/kernel/steps';
import { grants as standardGrants } from '../../src/authorisation/standard/grants/registry.ts';
import { profiles } from '../../src/authorisation/standard/profile.ts';
import { endpointLists } from '../../src/authorisation/standard/service.ts';
import { profileRules } from '../../src/cis2/model/profiles.ts';
import { endpointLists as cis2Lists } from '../../src/cis2/openid/routes.ts';
import { grants as cis2Grants } from '../../src/cis2/openid/token/grants/registry.ts';
import { authenticateClient, readForm } from '../../src/oauth/server/client-authentication/authenticate.ts';
import { introspectToken, refusePublic, revokeToken } from '../../src/oauth/server/issued-tokens.ts';
import { requireChecks } from '../../src/oauth/server/security-checks.ts';
import type { ClientCall } from '../../src/oauth/server/server.ts';

const servers = [
  { name: 'CIS2', profiles: profileRules, lists: cis2Lists, grants: cis2Grants },
  { name: '/oauth2.1', profiles, lists: endpointLists, grants: standardGrants },
];

for (const { name, profiles, lists, grants } of servers)
  describe(`requireChecks of ${name}`, () => {
    test('accepts the lists of the server', () => requireChecks({ profiles }, lists, grants));

    for (const [endpoint, list] of Object.entries(lists))
      for (const check of list.checks)
        test(`refuses ${list.name} without the check ${check}`, () => {
          const without = { name: list.name, checks: list.checks.filter((other: string) => other !== check) };
          assert.throws(
            () => requireChecks({ profiles }, { ...lists, [endpoint]: without }, grants),
            ({ message }: Error) =>
              message.startsWith(`${list.name} lacks the check ${check}, required by profile `),
          );
        });

    for (const grant of grants)
      for (const check of grant.list.checks)
        test(`refuses ${grant.list.name} without the check ${check}`, () => {
          const checks = grant.list.checks.filter((other) => other !== check);
          const without = { ...grant, list: { name: grant.list.name, checks } };
          const message = `${grant.list.name} lacks the check ${check}, required by the grant ${grant.type}.`;
          assert.throws(() => requireChecks({ profiles }, lists, [without]), { message });
        });

    test('gives each list checks, and none twice', () => {
      for (const { name, checks } of [...Object.values(lists), ...grants.map(({ list }) => list)]) {
        assert.ok(checks.length > 0, name);
        assert.deepEqual([...new Set(checks)], checks, name);
      }
    });
  });

describe('requireChecks', () => {
  test('names the list, the check and the profile', () => {
    const par = { name: 'cis2.par', checks: [] };
    assert.throws(() => requireChecks({ profiles: { fapi2: { requires: { par: ['pkce'] } } } }, { par }), {
      message: 'cis2.par lacks the check pkce, required by profile fapi2.',
    });
  });

  test('names an endpoint without a list', () => {
    assert.throws(() => requireChecks({ profiles: { nhs: { requires: { revoke: ['client'] } } } }, {}), {
      message: 'revoke lacks the check client, required by profile nhs.',
    });
  });
});

test('a list without client authentication does not compile', () => {
  const list = steps<Pick<ClientCall, 'server' | 'request'>>('test.endpoint').step(readForm);
  list.step(authenticateClient).step(revokeToken);
  // @ts-expect-error Property 'passed client-authentication' is missing.
  list.step(revokeToken);
  // @ts-expect-error Property 'passed confidential-client' is missing.
  list.step(authenticateClient).step(introspectToken);
  list
    .step(authenticateClient)
    .step(refusePublic)
    .step(introspectToken)
    .step(async () => json(200, {}));
});
