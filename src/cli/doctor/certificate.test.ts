import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { makeAuthority } from '../../../test/testing/authority.ts';
import { judgeCertificate, services } from './services.ts';
import type { Subject } from './subject.ts';

test('judgeCertificate reports an expired or mismatched certificate as wrong, and one in its last 14 days as a remark', () => {
  const authority = makeAuthority();
  try {
    const pem = readFileSync(authority.issue('cis2.example').certificate, 'utf8');
    const { validToDate } = new X509Certificate(pem);
    const end = validToDate.getTime();
    const day = 86_400_000;
    for (const [origin, at, outcome] of [
      ['https://cis2.example', end - 14 * day, 'ok'],
      ['https://cis2.example:8402', end - 13 * day, 'remark'],
      ['https://cis2.example', end + day, 'wrong'],
      ['https://api.example', end - 30 * day, 'wrong'],
    ] as const)
      assert.equal(judgeCertificate(pem, validToDate, origin, at).outcome, outcome, `${origin} ${outcome}`);
  } finally {
    authority.discard();
  }
});

test('services names a certificate of an unknown authority, and not a server that is down', async (t) => {
  const authority = makeAuthority();
  const { certificate, key } = authority.issue('localhost');
  const server = createServer({ cert: readFileSync(certificate), key: readFileSync(key) }).listen(0);
  t.after(() => {
    server.close();
    authority.discard();
  });
  await once(server, 'listening');
  const origin = `https://localhost:${(server.address() as AddressInfo).port}`;
  const urls = { console: origin, api: origin, cis2Issuer: origin, identityAgent: origin, cis: origin };
  const console = { urls: { ...urls, apis: origin, sample: origin } };
  for (const { outcome, detail, fix } of await services.run({ console } as Subject)) {
    assert.equal(outcome, 'wrong');
    assert.match(detail, /^The certificate of https:.* is not accepted \(unable to /);
    assert.match(String(fix), /--tls-authority/);
  }
});
