import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { createListener } from '@alongside/kernel/http';
import { silentLog } from '@alongside/kernel/log';
import { Vault } from '@alongside/kernel/secrets';
import fc from 'fast-check';
import { Settings } from '../../storage/settings.ts';
import { Authorities } from '../issuing-authority/authority.ts';
import { paths } from '../protocol.ts';
import { issueCard, manager, type TestCard } from '../testing/cards.ts';

import { startCis, type TestCis, uids } from '../testing/cis.ts';
import { parseOcspRequest } from './ocsp-messages.ts';

const run = promisify(execFile);
const pem = (label: string, der: Buffer): string =>
  `-----BEGIN ${label}-----\n${der.toString('base64').replace(/(.{64})/g, '$1\n')}\n-----END ${label}-----\n`;

// OpenSSL verifies with the system clock, so this CIS uses it too.
describe('CRL and OCSP of this installation', () => {
  let cis: TestCis;
  let folder: string;
  let good: TestCard;
  let revoked: TestCard;
  let url: string;
  let stop: () => Promise<void>;
  const file = (name: string) => join(folder, name);
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'alongside-crl-'));
    const { systemClock } = await import('@alongside/kernel/clock');
    cis = await startCis({ clock: systemClock });
    const listener = createListener(cis.service.routes, { name: 'cis', log: silentLog });
    url = `http://127.0.0.1:${await listener.listen(0)}`;
    stop = () => listener.close();
    [good, revoked] = await Promise.all([issueCard(cis, uids.gp), issueCard(cis, uids.nurse)]);
    const vault = new Vault(Buffer.alloc(32, 7));
    const own = await new Authorities(new Settings(cis.database), vault, systemClock).find('own');
    assert.ok(own);
    writeFileSync(file('issuing.pem'), pem('CERTIFICATE', own.certificate.raw));
    writeFileSync(file('root.pem'), pem('CERTIFICATE', own.root.raw));
    for (const [name, card] of Object.entries({ good, revoked }))
      writeFileSync(file(`${name}.pem`), pem('CERTIFICATE', Buffer.from(card.certificate, 'base64')));
    const { status } = await cis.call(paths.cardAct(revoked.serial, 'revoke'), {
      body: { actor: manager, reason: 'keyCompromise' },
      as: 'console',
    });
    assert.equal(status, 200);
  });
  after(async () => {
    await stop();
    await cis.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function fetchCrl(name: string): Promise<string> {
    const response = await fetch(`${url}${paths.crl}`);
    assert.equal(response.headers.get('content-type'), 'application/pkix-crl');
    writeFileSync(file(name), Buffer.from(await response.arrayBuffer()));
    const { stdout } = await run('openssl', [
      'crl',
      '-inform',
      'DER',
      '-in',
      file(name),
      '-CAfile',
      file('issuing.pem'),
      '-noout',
      '-text',
    ]);
    return stdout;
  }

  test('publishes a signed, numbered CRL with the revoked card and its reason', async () => {
    const text = await fetchCrl('one.crl');
    assert.match(text, /X509v3 CRL Number:\s+1\n/);
    assert.match(text, /Issuer: C=GB, O=Alongside TEST, OU=CA, CN=Alongside TEST Authentication/);
    assert.match(text, /Next Update: /);
    assert.equal(text.match(/Serial Number: /g)?.length, 2, 'both certificates of the card');
    assert.match(text, /Key Compromise/);
    const verify = (name: string) =>
      run('openssl', [
        'verify',
        '-crl_check',
        '-CRLfile',
        file('crl.pem'),
        '-CAfile',
        file('root.pem'),
        '-untrusted',
        file('issuing.pem'),
        file(name),
      ]);
    await run('openssl', ['crl', '-inform', 'DER', '-in', file('one.crl'), '-out', file('crl.pem')]);
    assert.match((await verify('good.pem')).stdout, /good\.pem: OK/);
    await assert.rejects(verify('revoked.pem'), /certificate revoked/);
  });

  test('signs a CRL with the next number after a revocation, and repeats it before', async () => {
    const [one, again] = [await fetchCrl('two.crl'), await fetchCrl('three.crl')];
    assert.equal(one, again);
    const other = await issueCard(cis, uids.gp, { profile: 'revoked' });
    const text = await fetchCrl('four.crl');
    assert.match(text, /X509v3 CRL Number:\s+2\n/);
    assert.equal(text.match(/Serial Number: /g)?.length, 4);
    assert.ok(other.serial);
  });

  const ocsp = (name: string, ...more: string[]) =>
    run('openssl', [
      'ocsp',
      ...more,
      '-issuer',
      file('issuing.pem'),
      '-cert',
      file(name),
      '-CAfile',
      file('root.pem'),
      '-url',
      `${url}${paths.ocsp}`,
    ]);

  test('responds to OCSP with good, revoked with its reason, or unknown, signed and with the nonce', async () => {
    const fine = await ocsp('good.pem');
    assert.match(fine.stderr, /Response verify OK/);
    assert.doesNotMatch(fine.stderr, /WARNING/);
    assert.match(fine.stdout, /good\.pem: good/);
    const bad = await ocsp('revoked.pem', '-sha256');
    assert.match(bad.stderr, /Response verify OK/);
    assert.match(bad.stdout, /revoked\.pem: revoked[\s\S]*Reason: keyCompromise/);
    const serial = await run('openssl', [
      'ocsp',
      '-issuer',
      file('issuing.pem'),
      '-serial',
      '0x1234',
      '-CAfile',
      file('root.pem'),
      '-url',
      `${url}${paths.ocsp}`,
    ]);
    assert.match(serial.stdout, /unknown/);
    const foreign = await run('openssl', [
      'ocsp',
      '-issuer',
      file('root.pem'),
      '-cert',
      file('good.pem'),
      '-CAfile',
      file('root.pem'),
      '-noverify',
      '-url',
      `${url}${paths.ocsp}`,
    ]);
    assert.match(foreign.stdout, /unknown/);
  });

  test('accepts an OCSP request in the path', async () => {
    await run('openssl', [
      'ocsp',
      '-issuer',
      file('issuing.pem'),
      '-cert',
      file('good.pem'),
      '-no_nonce',
      '-reqout',
      file('request.der'),
    ]);
    const { readFileSync } = await import('node:fs');
    const request = encodeURIComponent(readFileSync(file('request.der')).toString('base64'));
    const response = await fetch(`${url}${paths.ocsp}/${request}`);
    assert.equal(response.headers.get('content-type'), 'application/ocsp-response');
    writeFileSync(file('response.der'), Buffer.from(await response.arrayBuffer()));
    const { stdout } = await run('openssl', [
      'ocsp',
      '-issuer',
      file('issuing.pem'),
      '-cert',
      file('good.pem'),
      '-CAfile',
      file('root.pem'),
      '-no_nonce',
      '-respin',
      file('response.der'),
    ]);
    assert.match(stdout, /good\.pem: good/);
  });

  test('responds malformedRequest to other bytes', async () => {
    for (const body of [Buffer.alloc(0), Buffer.from('hello'), Buffer.alloc(5_000, 0x30)]) {
      const response = await fetch(`${url}${paths.ocsp}`, {
        method: 'POST',
        headers: { 'content-type': 'application/ocsp-request' },
        body,
      });
      assert.deepEqual([...new Uint8Array(await response.arrayBuffer())], [0x30, 3, 0x0a, 1, 1]);
    }
    const odd = await fetch(`${url}${paths.ocsp}/%E0%A4%A`);
    assert.equal(odd.status < 500, true);
  });

  test('parses any bytes or throws an Error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        try {
          return parseOcspRequest(bytes).certificates.length > 0;
        } catch (error) {
          return error instanceof Error;
        }
      }),
    );
  });
});

test('responds tryLater for a minute to too many OCSP requests of one network', async (t) => {
  const cis = await startCis({ limits: { revocationCallsPerMinute: 2 } });
  const listener = createListener(cis.service.routes, { name: 'cis', log: silentLog });
  const url = `http://127.0.0.1:${await listener.listen(0)}${paths.ocsp}`;
  t.after(() => listener.close().then(() => cis.close()));
  const ask = async (address: string, method: string) => {
    const response = await fetch(address, { method });
    return [...new Uint8Array(await response.arrayBuffer())].at(-1);
  };
  assert.deepEqual([await ask(url, 'POST'), await ask(`${url}/MAA`, 'GET')], [1, 1], 'malformed');
  assert.deepEqual([await ask(url, 'POST'), await ask(`${url}/MAA`, 'GET')], [3, 3], 'tryLater');
  cis.clock.advance(60);
  assert.equal(await ask(url, 'POST'), 1);
});
