import assert from 'node:assert/strict';
import { dirname } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startInstance, type TestInstance } from '../../../test/testing/instance.ts';
import { MasterKeyFile } from '../../boot/master-key.ts';
import { type TestCis, uids } from '../testing/cis.ts';
import { type LegacyClient, legacyCard, legacyClientAt } from '../testing/legacy-client.ts';

// A desktop application cannot exchange its ticket for other credentials.
describe('a legacy ticket at the other services', () => {
  let instance: TestInstance;
  let ticket: string;
  let client: LegacyClient;
  before(async () => {
    instance = await startInstance({ legacyCis: true });
    const vault = new MasterKeyFile(dirname(instance.state.stateFile), {}).make();
    const secret = vault.serviceSecret('card-issuer', 'cis');
    const issuer: Pick<TestCis, 'call'> = {
      async call<Body>(path: string, { body }: { body?: unknown } = {}) {
        const response = await fetch(`${instance.urls.cis}${path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${secret}` },
          body: JSON.stringify(body),
        });
        const { status, headers } = response;
        return { status, headers, body: (await response.json()) as Body };
      },
    };
    client = legacyClientAt(instance.urls.cis);
    ticket = await client.signIn(await legacyCard(issuer, uids.gp));
  });
  after(() => instance.stop());

  const refused = async (url: string, init: RequestInit = {}) => {
    const response = await fetch(url, { redirect: 'manual', ...init });
    const body = await response.text();
    assert.ok(response.status >= 400 && response.status < 500, `${url} answered ${response.status}: ${body}`);
    assert.ok(!body.includes('access_token":') && !response.headers.has('set-cookie'), body);
    return response.status;
  };
  const form = (values: Record<string, string>): RequestInit => ({
    method: 'POST',
    body: new URLSearchParams(values),
  });
  const bearer = (): RequestInit => ({ headers: { authorization: `Bearer ${ticket}` } });

  test('is valid at CIS', async () => {
    const { status, text } = await client.assertion(ticket);
    assert.equal(status, 200);
    assert.match(text, /samlp:Success/);
  });

  test('is rejected by CIS2 as a code, token, assertion and session', async () => {
    const issuer = instance.urls.cis2Issuer;
    const client = { client_id: 'demo', client_secret: 'x' };
    await refused(
      `${issuer}/access_token`,
      form({ grant_type: 'authorization_code', code: ticket, ...client }),
    );
    await refused(
      `${issuer}/access_token`,
      form({ grant_type: 'refresh_token', refresh_token: ticket, ...client }),
    );
    assert.equal(await refused(`${issuer}/userinfo`, bearer()), 401);
    const origin = new URL(issuer).origin;
    await refused(`${origin}/agent/exchange`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ proof: ticket, sessionCertificate: ticket }),
    });
    await refused(`${origin}/agent/session-ended`, { method: 'POST', ...bearer(), body: '{}' });
  });

  test('is rejected by the authorisation service as a code, token, subject token and assertion', async () => {
    const exchange = {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
      subject_token: ticket,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: ticket,
    };
    for (const base of ['/oauth2', '/oauth2-mock', '/oauth2.1']) {
      const url = `${instance.urls.api}${base}`;
      await refused(`${url}/token`, form(exchange));
      await refused(`${url}/token`, form({ grant_type: 'authorization_code', code: ticket, client_id: 'x' }));
      await refused(
        `${url}/token`,
        form({ grant_type: 'refresh_token', refresh_token: ticket, client_id: 'x' }),
      );
    }
    await refused(`${instance.urls.api}/oauth2/userinfo`, bearer());
    await refused(`${instance.urls.api}/hello-world/hello/user`, bearer());
  });
});
