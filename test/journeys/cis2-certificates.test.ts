import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import https from 'node:https';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { makeAuthority, type TestAuthority } from '../testing/authority.ts';
import { launchBrowser } from '../testing/browser.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';

interface ClientFiles {
  certificate: string;
  key: string;
}

const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
const callback = 'https://rp.example.test/callback';

describe('a relying party of CIS2 with a certificate, over HTTPS (FAPI 2.0, RFC 8705, RFC 9126)', () => {
  let authority: TestAuthority;
  let instance: TestInstance;
  let browser: Browser;
  let own: ClientFiles;
  let other: ClientFiles;
  before(async () => {
    authority = makeAuthority();
    const { certificate, key } = authority.issue('localhost');
    [own, other] = [authority.issue('client'), authority.issue('other')];
    [instance, browser] = await Promise.all([
      startInstance({
        tlsCertificate: certificate,
        tlsKey: key,
        tlsAuthority: authority.certificate,
        tlsClientAuthorities: authority.certificate,
      }),
      launchBrowser(),
    ]);
    await instance.signInAtDesk('gp');
  });
  after(async () => {
    await browser?.close();
    await instance?.stop();
    authority?.discard();
  });

  const pem = (file: string) => readFileSync(file, 'utf8');

  function call(
    address: string,
    presented: ClientFiles,
    form?: Record<string, string>,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; body: string }> {
    const type = form ? { 'content-type': 'application/x-www-form-urlencoded' } : {};
    const options = {
      method: form ? 'POST' : 'GET',
      headers: { ...type, ...headers },
      agent: false,
      ca: pem(authority.certificate),
      cert: pem(presented.certificate),
      key: pem(presented.key),
    } as const;
    return new Promise((resolve, reject) => {
      const request = https.request(address, options, (response) => {
        let body = '';
        response.on('data', (part) => {
          body += part;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      });
      request.on('error', reject);
      request.end(form && String(new URLSearchParams(form)));
    });
  }

  test('pushes, signs in, redeems and uses its token with its certificate, but not with another', async () => {
    const made = await instance.api<{ cis2: { clientId: string } }>('POST', '/applications', {
      name: 'Certified',
      profile: 'fapi2',
      cis2: {
        tokenEndpointAuthMethod: 'tls_client_auth',
        certificateSubject: { tls_client_auth_subject_dn: 'CN=client' },
        redirectUris: [callback],
      },
    });
    const client_id = made.cis2.clientId;
    const discovery = await fetch(`${instance.urls.cis2Issuer}/.well-known/openid-configuration`);
    const document = (await discovery.json()) as {
      authorization_endpoint: string;
      mtls_endpoint_aliases: Record<string, string>;
      token_endpoint_auth_methods_supported: string[];
    };
    assert.ok(document.token_endpoint_auth_methods_supported.includes('tls_client_auth'));
    const at = (name: string) => document.mtls_endpoint_aliases[name] ?? '';

    const ask = {
      client_id,
      response_type: 'code',
      redirect_uri: callback,
      scope: 'openid profile',
      state: 's',
      code_challenge: challenge,
      code_challenge_method: 'S256',
    };
    assert.equal((await call(at('pushed_authorization_request_endpoint'), other, ask)).status, 401);
    const pushed = await call(at('pushed_authorization_request_endpoint'), own, ask);
    assert.equal(pushed.status, 201, pushed.body);
    const { request_uri } = JSON.parse(pushed.body) as { request_uri: string };

    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    const page = await context.newPage();
    // No server listens there; only the browser's redirect matters.
    const back = page.waitForRequest((request) => request.url().startsWith(callback));
    await page
      .goto(`${document.authorization_endpoint}?${new URLSearchParams({ client_id, request_uri })}`)
      .catch(() => undefined);
    const address = new URL((await back).url());
    const { code = '', iss } = Object.fromEntries(address.searchParams);
    assert.equal(iss, instance.urls.cis2Issuer);
    await context.close();

    const grant = {
      client_id,
      grant_type: 'authorization_code',
      code,
      redirect_uri: callback,
      code_verifier: verifier,
    };
    assert.equal((await call(at('token_endpoint'), other, grant)).status, 401);
    const tokens = await call(at('token_endpoint'), own, grant);
    assert.equal(tokens.status, 200, tokens.body);
    const { access_token, id_token } = JSON.parse(tokens.body) as Record<string, string>;
    const [header = ''] = (id_token ?? '').split('.');
    assert.equal(JSON.parse(Buffer.from(header, 'base64url').toString()).alg, 'PS256');
    const authorization = { authorization: `Bearer ${access_token}` };
    const userinfo = (who: ClientFiles) => call(at('userinfo_endpoint'), who, undefined, authorization);
    assert.deepEqual([(await userinfo(own)).status, (await userinfo(other)).status], [200, 401]);
    const plain = await fetch(`${instance.urls.cis2Issuer}/userinfo`, { headers: authorization });
    assert.equal(plain.status, 401);
  });
});
