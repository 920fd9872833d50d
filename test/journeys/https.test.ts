import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import https from 'node:https';
import { after, before, describe, test } from 'node:test';
import { text } from '@alongside/kernel/answer';
import { createListener, type HttpRequest } from '@alongside/kernel/http';
import { createLog } from '@alongside/kernel/log';
import type { Browser } from 'playwright-core';
import { makeAuthority, type TestAuthority } from '../support/authority.ts';
import { launchBrowser, watchDocuments } from '../support/browser.ts';
import { startInstance, type TestInstance } from '../support/instance.ts';

describe('the whole chain over HTTPS', () => {
  let authority: TestAuthority;
  let instance: TestInstance;
  let browser: Browser;
  before(async () => {
    authority = makeAuthority();
    const { certificate, key } = authority.issue('localhost');
    [instance, browser] = await Promise.all([
      startInstance({ tlsCertificate: certificate, tlsKey: key, tlsAuthority: authority.certificate }),
      launchBrowser(),
    ]);
    await instance.signInAtDesk('gp');
  });
  after(async () => {
    await browser?.close();
    await instance?.stop();
    authority?.discard();
  });

  for (const pattern of ['combined', 'separate'])
    test(`${pattern}: redirects only, with cookies that no other host can set`, async () => {
      for (const url of [instance.urls.api, instance.urls.cis2Issuer, instance.urls.sample])
        assert.match(url, /^https:/);
      const context = await browser.newContext({ ignoreHTTPSErrors: true });
      const page = await context.newPage();
      await page.goto(instance.urls.sample);
      const documents = watchDocuments(page);
      await page.getByRole('link', { name: `Sign in (${pattern})` }).click();
      await page.getByLabel('NHS number').fill('9000000009');
      await page.getByRole('button', { name: 'Find patient' }).click();
      await page.getByText('2010-10-22').waitFor();
      assert.equal(documents.filter(({ status }) => status === 200).length, 2);
      const cookies = (await context.cookies()).filter(({ domain }) => domain === 'localhost');
      assert.ok(cookies.length > 0);
      for (const cookie of cookies) {
        assert.match(cookie.name, /^__Host-/);
        assert.ok(cookie.secure && cookie.httpOnly, cookie.name);
      }
      await context.close();
    });
});

/** Answers with the thumbprint of the certificate that came. */
test('a listener takes a client certificate, and asks only where it was told to', async () => {
  const authority = makeAuthority();
  const server = authority.issue('localhost');
  const client = authority.issue('client');
  const pem = (file: string) => readFileSync(file, 'utf8');
  const routes = [
    {
      methods: ['GET' as const],
      path: '/',
      endpoint: async ({ certificate }: HttpRequest) =>
        text(200, certificate ? new X509Certificate(certificate).fingerprint256 : 'none'),
    },
  ];
  const ask = (port: number, presented?: { certificate: string; key: string }) =>
    new Promise<string>((resolve, reject) => {
      const options = {
        ca: pem(authority.certificate),
        ...(presented ? { cert: pem(presented.certificate), key: pem(presented.key) } : {}),
      };
      https
        .get(`https://localhost:${port}/`, { ...options, agent: false }, (response) => {
          let body = '';
          response.on('data', (part) => {
            body += part;
          });
          response.on('end', () => resolve(body));
        })
        .on('error', reject);
    });
  try {
    for (const clientCertificates of [true, false]) {
      const listener = createListener(routes, {
        name: 'test',
        log: createLog('silent', 'test'),
        tls: { certificate: pem(server.certificate), key: pem(server.key), clientCertificates },
      });
      const port = await listener.listen(0, '127.0.0.1');
      const expected = new X509Certificate(pem(client.certificate)).fingerprint256;
      assert.equal(await ask(port, client), clientCertificates ? expected : 'none');
      assert.equal(await ask(port), 'none');
      await listener.close();
    }
  } finally {
    authority.discard();
  }
});
