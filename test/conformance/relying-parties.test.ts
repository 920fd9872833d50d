import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { partyModules } from './modules/relying-parties.ts';
import { type Party, startLibrary, startPlatformParty } from './relying-parties/parties.ts';
import { type SuiteProvider, startSuiteProvider } from './relying-parties/provider.ts';

describe('oidcc-client-basic-certification-test-plan', () => {
  let provider: SuiteProvider;
  let parties: Party[];
  before(async () => {
    provider = await startSuiteProvider();
    parties = await Promise.all([startLibrary, startPlatformParty].map((start) => start(provider.issuer)));
  });
  after(async () => {
    await Promise.all(parties.map((party) => party.stop()));
    provider.stop();
  });

  for (const { id, behaviour, refused, either, only } of partyModules)
    test(id, async (t) => {
      for (const party of parties.filter(({ name }) => name === (only ?? name)))
        await t.test(party.name, async () => {
          provider.behave(behaviour);
          const reason = await party.signIn();
          const asksUserinfo = provider.calls.includes('userinfo');
          if (refused === undefined || (either && reason === undefined)) {
            assert.equal(reason, undefined);
            assert.ok(asksUserinfo, `${provider.calls}`);
            return;
          }
          assert.match(reason ?? 'signed in', refused);
          assert.equal(
            asksUserinfo,
            id.includes('userinfo'),
            'userinfo is called only with a valid ID token',
          );
        });
    });
});
