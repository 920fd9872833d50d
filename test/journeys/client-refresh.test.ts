import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createCombined, createPds, keepFresh, platformAt, TokenSet } from '@alongside/client';
import { startInstance, type TestInstance } from '../testing/instance.ts';
import { Navigator } from '../testing/navigate.ts';

// The client library in the nhs profile, in which a repeated refresh token is refused at once.
let instance: TestInstance;
before(async () => {
  instance = await startInstance();
  await instance.signInAtDesk('gp');
});
after(() => instance?.stop());

test('ten concurrent calls with an expired access token spend the refresh token once', async () => {
  const { api } = instance.urls;
  const redirectUri = 'http://127.0.0.1:1/callback';
  const products = ['personal-demographics-service'];
  const { platform } = await instance.api<{ platform: { clientId: string; clientSecret: string } }>(
    'POST',
    '/applications',
    { name: 'many requests', profile: 'nhs', platform: { callbackUrls: [redirectUri], products } },
  );
  let refreshes = 0;
  const combined = createCombined({
    ...platformAt(`${api}/oauth2`),
    ...platform,
    redirectUri,
    fetch: (url, init) => {
      if (String(init.body).includes('grant_type=refresh_token')) refreshes += 1;
      return fetch(url, init);
    },
  });
  const { url, state } = combined.begin();
  const { address } = await new Navigator().go(url, redirectUri);
  const stored = { ...(await combined.finish(address, state)).reveal(), expiresAt: 0 };

  const record = async () => {
    const fresh = keepFresh(TokenSet.restore(stored), combined.refresh);
    const pds = createPds({ baseUrl: `${api}/personal-demographics/FHIR/R4`, token: fresh.freshToken });
    const { patient } = await pds.patient('9000000009');
    return { id: patient.id, token: fresh.current().accessToken, count: fresh.current().refreshCount };
  };
  const records = await Promise.all(Array.from({ length: 10 }, record));
  assert.deepEqual(new Set(records.map(({ id }) => id)), new Set(['9000000009']));
  assert.equal(new Set(records.map(({ token }) => token)).size, 1);
  assert.deepEqual([refreshes, records[0]?.count], [1, 1]);
});
