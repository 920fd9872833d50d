import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { loadConfig } from '@alongside/kernel/config';
import { configShape } from '../config.ts';
import { newAuthority } from '../oauth/testing/certificates.ts';
import { ensureOwnCertificate, withOwnCertificate } from './own-certificate.ts';
import { openTls, trustAuthority } from './tls.ts';

const configOf = (settings: Record<string, unknown>) => loadConfig(configShape, settings);

describe('the certificate of --tls', () => {
  const folder = mkdtempSync(join(tmpdir(), 'alongside-tls-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const config = withOwnCertificate(configOf({ tls: true }), folder);
  const now = Date.parse('2026-03-02T09:00:00Z');
  const day = 86_400_000;
  const urlsAt = (cis2: string) => ({
    console: 'http://localhost:1',
    api: 'https://localhost:2',
    apis: 'https://localhost:7',
    identityAgent: 'http://127.0.0.1:4',
    cis2,
    cis: 'https://localhost:5',
    sample: 'https://localhost:6',
  });
  const read = () => readFileSync(config.tlsCertificate ?? '', 'utf8');
  async function ensure(cis2 = 'https://localhost:3', at = now): Promise<string> {
    await ensureOwnCertificate(config, urlsAt(cis2), at);
    return read();
  }

  test('is for this machine and the public names, by an authority of its own', async () => {
    const certificate = new X509Certificate(await ensure('https://[2001:db8::1:2]:3'));
    const authority = new X509Certificate(readFileSync(config.tlsAuthority ?? ''));
    assert.ok(authority.ca && certificate.checkIssued(authority) && certificate.verify(authority.publicKey));
    assert.ok(certificate.checkHost('localhost') && !certificate.ca);
    for (const address of ['127.0.0.1', '::1', '2001:db8::1:2'])
      assert.ok(certificate.checkIP(address), address);
    assert.ok(openTls(config));
    assert.equal(statSync(config.tlsKey ?? '').mode & 0o077, 0);
  });

  test('is replaced for another name and 30 days before its end, and kept otherwise', async () => {
    const first = await ensure('https://cis2.test');
    assert.equal(await ensure('https://cis2.test'), first);
    assert.equal(await ensure('https://localhost', now + 366 * day), first);
    const second = await ensure('https://other.test');
    assert.notEqual(second, first);
    assert.notEqual(await ensure('https://other.test', now + 368 * day), second);
  });

  test('is trusted together with the authorities of --tls-authority', async () => {
    const more = join(folder, 'more.pem');
    const [one, two] = await Promise.all([newAuthority(now), newAuthority(now)]);
    writeFileSync(more, one.pem + two.pem);
    const both = withOwnCertificate(configOf({ tls: true, tlsAuthority: more }), folder);
    await ensureOwnCertificate(both, urlsAt('https://localhost:3'), now, more);
    const own = readFileSync(join(folder, 'tls', 'authority.pem'), 'utf8');
    assert.ok(new X509Certificate(read()).checkIssued(new X509Certificate(own)));
    assert.equal(own.match(/BEGIN CERTIFICATE/g)?.length, 1);
    const trusted = getCACertificates('default');
    trustAuthority(both.tlsAuthority)();
    try {
      const all = getCACertificates('default').map((pem) => new X509Certificate(pem).fingerprint256);
      for (const pem of [own, one.pem, two.pem])
        assert.ok(all.includes(new X509Certificate(pem).fingerprint256));
    } finally {
      setDefaultCACertificates(trusted);
    }
    await assert.rejects(
      ensureOwnCertificate(both, urlsAt('https://localhost:3'), now, join(folder, 'none.pem')),
      /none\.pem cannot be read/,
    );
  });

  test('excludes another certificate, and changes nothing without --tls', () => {
    assert.throws(
      () => withOwnCertificate(configOf({ tls: true, tlsCertificate: 'x' }), folder),
      /--tls, or a certificate of your own/,
    );
    assert.deepEqual(withOwnCertificate(configOf({}), folder), configOf({}));
  });
});
