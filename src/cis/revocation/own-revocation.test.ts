import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { systemClock } from '@alongside/kernel/clock';
import { createListener } from '@alongside/kernel/http';
import { silentLog } from '@alongside/kernel/log';
import { Vault } from '@alongside/kernel/secrets';
import fc from 'fast-check';
import { OpenSsl, pem } from '../../../test/testing/openssl.ts';
import { Settings } from '../../storage/settings.ts';
import { Authorities } from '../issuing-authority/authority.ts';
import { paths } from '../protocol.ts';
import { issueCard, manager, type TestCard } from '../testing/cards.ts';
import { startCis, type TestCis, uids } from '../testing/cis.ts';
import { parseOcspRequest } from './ocsp-messages.ts';

// OpenSSL verifies with the system clock, so this CIS uses it too.
describe('CRL and OCSP of this installation', () => {
  const openssl = new OpenSsl();
  let cis: TestCis;
  let good: TestCard;
  let revoked: TestCard;
  let url: string;
  let stop: () => Promise<void>;
  before(async () => {
    cis = await startCis({ clock: systemClock });
    const listener = createListener(cis.service.routes, { name: 'cis', log: silentLog });
    url = `http://127.0.0.1:${await listener.listen(0)}`;
    stop = () => listener.close();
    [good, revoked] = await Promise.all([issueCard(cis, uids.gp), issueCard(cis, uids.nurse)]);
    const vault = new Vault(Buffer.alloc(32, 7));
    const own = await new Authorities(new Settings(cis.database), vault, systemClock).find('own');
    assert.ok(own);
    openssl.write('issuing.pem', pem(own.certificate.raw));
    openssl.write('root.pem', pem(own.root.raw));
    for (const [name, card] of Object.entries({ good, revoked }))
      openssl.write(`${name}.pem`, pem(Buffer.from(card.certificate, 'base64')));
    const { status } = await cis.call(paths.cardAct(revoked.serial, 'revoke'), {
      body: { actor: manager, reason: 'keyCompromise' },
      as: 'console',
    });
    assert.equal(status, 200);
  });
  after(async () => {
    await stop();
    await cis.close();
    openssl.remove();
  });

  async function fetchCrl(): Promise<string> {
    const response = await fetch(`${url}${paths.crl}`);
    assert.equal(response.headers.get('content-type'), 'application/pkix-crl');
    openssl.write('list.crl', Buffer.from(await response.arrayBuffer()));
    const command = 'crl -inform DER -in list.crl -CAfile issuing.pem -noout -text -nameopt RFC2253';
    return (await openssl.run(command)).stdout;
  }

  test('publishes a signed, numbered CRL with the revoked card and its reason', async () => {
    const text = await fetchCrl();
    assert.match(text, /X509v3 CRL Number:\s+1\n/);
    assert.match(text, /Issuer: CN=Alongside TEST Authentication,OU=CA,O=Alongside TEST,C=GB/);
    assert.match(text, /Next Update: /);
    assert.equal(text.match(/Serial Number: /g)?.length, 2, 'both certificates of the card');
    assert.match(text, /Key Compromise/);
    const verify = (name: string) =>
      openssl.run(`verify -crl_check -CRLfile crl.pem -CAfile root.pem -untrusted issuing.pem ${name}`);
    await openssl.run('crl -inform DER -in list.crl -out crl.pem');
    assert.match((await verify('good.pem')).stdout, /good\.pem: OK/);
    await assert.rejects(verify('revoked.pem'), /certificate revoked/);
  });

  test('signs a CRL with the next number after a revocation, and repeats it before', async () => {
    assert.equal(await fetchCrl(), await fetchCrl());
    await issueCard(cis, uids.gp, { profile: 'revoked' });
    const text = await fetchCrl();
    assert.match(text, /X509v3 CRL Number:\s+2\n/);
    assert.equal(text.match(/Serial Number: /g)?.length, 4);
  });

  const ocsp = (options: string) => openssl.run(`ocsp ${options} -CAfile root.pem -url ${url}${paths.ocsp}`);

  test('responds to OCSP with good, revoked with its reason, or unknown, signed and with the nonce', async () => {
    const ofGood = await ocsp('-issuer issuing.pem -cert good.pem');
    assert.match(ofGood.stderr, /Response verify OK/);
    assert.doesNotMatch(ofGood.stderr, /WARNING/);
    assert.match(ofGood.stdout, /good\.pem: good/);
    const ofRevoked = await ocsp('-sha256 -issuer issuing.pem -cert revoked.pem');
    assert.match(ofRevoked.stderr, /Response verify OK/);
    assert.match(ofRevoked.stdout, /revoked\.pem: revoked[\s\S]*Reason: keyCompromise/);
    const ofSerial = await ocsp('-issuer issuing.pem -serial 0x1234');
    assert.match(ofSerial.stdout, /unknown/);
    const ofOtherIssuer = await ocsp('-issuer root.pem -cert good.pem -noverify');
    assert.match(ofOtherIssuer.stdout, /unknown/);
  });

  test('accepts an OCSP request in the path', async () => {
    await openssl.run('ocsp -issuer issuing.pem -cert good.pem -no_nonce -reqout request.der');
    const request = encodeURIComponent(openssl.read('request.der').toString('base64'));
    const response = await fetch(`${url}${paths.ocsp}/${request}`);
    assert.equal(response.headers.get('content-type'), 'application/ocsp-response');
    openssl.write('response.der', Buffer.from(await response.arrayBuffer()));
    const options = '-no_nonce -respin response.der';
    const { stdout } = await openssl.run(
      `ocsp -issuer issuing.pem -cert good.pem -CAfile root.pem ${options}`,
    );
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
