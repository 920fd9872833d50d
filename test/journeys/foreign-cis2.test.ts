import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startInstance, type TestInstance } from '../testing/instance.ts';
import { Navigator } from '../testing/navigate.ts';

// The API platform of one installation signs users in at the CIS2 of another, by configuration alone.
const callback = 'http://127.0.0.1:9/callback';

interface Made {
  id: string;
  platform: { clientId: string; clientSecret: string };
  cis2: { clientId: string; clientSecret: string };
}

describe('an API platform with another CIS2', { timeout: 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'alongside-foreign-'));
  let elsewhere: TestInstance;
  let platform: TestInstance;
  let application: Made;

  before(async () => {
    elsewhere = await startInstance();
    await elsewhere.signInAtDesk('gp');
    const { id, cis2 } = await elsewhere.api<Made>('POST', '/applications', {
      name: 'a platform elsewhere',
      cis2: { redirectUris: ['https://unknown.example/callback'], firstAuthenticator: 'smartcard' },
    });
    const upstreamCis2 = join(folder, 'cis2.json');
    writeFileSync(upstreamCis2, JSON.stringify({ issuer: elsewhere.urls.cis2Issuer, ...cis2 }));
    platform = await startInstance({ only: 'authorisation,gateway,console', upstreamCis2 });
    await elsewhere.api('PATCH', `/applications/${id}`, {
      cis2: {
        redirectUris: [`${platform.urls.api}/oauth2/callback`],
        backchannelLogoutUri: `${platform.urls.api}/oauth2/backchannel_logout`,
      },
    });
    application = await platform.api<Made>('POST', '/applications', {
      name: 'combined at a platform with a CIS2 elsewhere',
      platform: { callbackUrls: [callback], products: ['hello-world'] },
    });
  });
  after(async () => {
    await platform?.stop();
    await elsewhere?.stop();
    rmSync(folder, { recursive: true });
  });

  const hello = async (token: string) =>
    fetch(`${platform.urls.api}/hello-world/hello/user`, { headers: { authorization: `Bearer ${token}` } });

  test('supports combined sign-in, userinfo, and the end of the session there', async () => {
    const { clientId, clientSecret } = application.platform;
    const query = new URLSearchParams({
      client_id: clientId,
      redirect_uri: callback,
      response_type: 'code',
      state: 'x',
    });
    const { address } = await new Navigator().go(`${platform.urls.api}/oauth2/authorize?${query}`, callback);
    const answer = await fetch(`${platform.urls.api}/oauth2/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        code: new URL(address).searchParams.get('code') ?? '',
        redirect_uri: callback,
        client_id: clientId,
        client_secret: clientSecret,
      }),
    });
    const tokens = (await answer.json()) as Record<string, string>;
    assert.equal(answer.status, 200, JSON.stringify(tokens));
    const token = tokens.access_token ?? '';
    assert.equal((await hello(token)).status, 200);
    const userinfo = await fetch(`${platform.urls.api}/oauth2/userinfo`, {
      headers: { authorization: `Bearer ${token}` },
    });
    assert.equal(((await userinfo.json()) as { nhsid_useruid: string }).nhsid_useruid, '656005750108');

    await elsewhere.api('DELETE', '/readers/0/card');
    while ((await hello(token)).status !== 401);
  });
});
