import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createBase } from '../../src/authorisation/base.ts';
import { createParts } from '../../src/authorisation/index.ts';
import { profiles } from '../../src/authorisation/standard/profile.ts';
import { createServer } from '../../src/authorisation/standard/server.ts';
import { checkedLists as standardLists } from '../../src/authorisation/standard/service.ts';
import { startPlatform } from '../../src/authorisation/testing/platform.ts';
import { profileRules } from '../../src/cis2/model/profiles.ts';
import { checkedLists as cis2Lists } from '../../src/cis2/openid/routes.ts';
import { type EndpointLists, requireChecks } from '../../src/oauth/server/security-checks.ts';

async function standardServer() {
  const platform = await startPlatform();
  const { dependencies } = platform;
  const [settings] = dependencies.bases.filter(({ profile }) => profile === 'standard');
  assert.ok(settings);
  const base = createBase(settings, dependencies);
  const server = createServer(base, [base], createParts(dependencies));
  await platform.close();
  return server;
}

const server = await standardServer();
const servers: [string, Parameters<typeof requireChecks>[0]['profiles'], EndpointLists][] = [
  ['CIS2', profileRules, cis2Lists],
  ['/oauth2.1', profiles, standardLists(server)],
];

/** Returns the lists with their endpoints. */
const entriesOf = (lists: EndpointLists) =>
  Object.entries(lists).flatMap(([endpoint, list]) => (list ? [[endpoint, list] as const] : []));

for (const [name, profiles, lists] of servers)
  describe(`requireChecks of ${name}`, () => {
    test('accepts the lists of the server', () => requireChecks({ profiles }, lists));

    for (const [endpoint, list] of entriesOf(lists))
      for (const check of list.checks)
        test(`refuses ${list.name} without the check ${check}`, () => {
          const without = { name: list.name, checks: list.checks.filter((other) => other !== check) };
          assert.throws(
            () => requireChecks({ profiles }, { ...lists, [endpoint]: without }),
            ({ message }: Error) =>
              message.startsWith(`${list.name} lacks the check ${check}, required by profile `),
          );
        });

    test('has a list for each endpoint, each with checks, and none twice', () => {
      for (const [, { name, checks }] of entriesOf(lists)) {
        assert.ok(checks.length > 0, name);
        assert.deepEqual([...new Set(checks)], checks, name);
      }
    });
  });

test('the error names the list, the check and the profile', () => {
  const par = { name: 'cis2.par', checks: [] };
  assert.throws(() => requireChecks({ profiles: { fapi2: { requires: { par: ['pkce'] } } } }, { par }), {
    message: 'cis2.par lacks the check pkce, required by profile fapi2.',
  });
});
