import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync } from 'node:crypto';
import https from 'node:https';
import { describe, test } from 'node:test';
import { ManualClock } from '@alongside/kernel/clock';
import { Refusal } from '@alongside/kernel/errors';
import { createListener, type HttpRequest } from '@alongside/kernel/http';
import { silentLog } from '@alongside/kernel/log';
import { startCis, startTime } from '../testing/cis.ts';
import { newAuthority } from '../testing/external-authority.ts';
import { checkTransport } from './transport.ts';

const request = (more: Partial<HttpRequest>): HttpRequest => ({
  id: '',
  method: 'GET',
  path: '/',
  query: '',
  headers: { host: 'localhost:8404' },
  params: {},
  rawHeaders: [],
  body: '',
  address: '192.0.2.1',
  port: 1,
  ...more,
});

describe('checkTransport', () => {
  const clock = new ManualClock(startTime);
  async function callerOf(more: Partial<HttpRequest>, clients: string[] = []): Promise<string> {
    try {
      const cis = { clients, clock, origin: 'https://cis.example:8404' };
      return (await checkTransport({ request: request(more), cis })).caller;
    } catch (thrown) {
      assert.ok(thrown instanceof Refusal);
      return thrown.entry.id;
    }
  }
  const no = 'cis.legacyTransport';

  test('accepts calls from this machine, but not through a proxy or from a web page', async () => {
    for (const address of ['127.0.0.1', '::1', '::ffff:127.0.0.1'])
      assert.equal(await callerOf({ address }), 'loopback');
    assert.equal(await callerOf({}), no);
    for (const header of ['x-forwarded-for', 'forwarded', 'via'])
      assert.equal(
        await callerOf({ address: '127.0.0.1', headers: { host: 'localhost', [header]: '192.0.2.1' } }),
        no,
      );
    assert.equal(
      await callerOf({ address: '127.0.0.1', headers: { host: 'localhost', origin: 'https://page.test' } }),
      no,
    );
    assert.equal(
      await callerOf({ address: '127.0.0.1', headers: { host: 'localhost', origin: 'null' } }),
      no,
    );
  });

  test('accepts names of this machine and the public one only, against DNS rebinding', async () => {
    const under = (host?: string) => callerOf({ address: '127.0.0.1', headers: host ? { host } : {} });
    for (const host of ['localhost', 'LOCALHOST:8404', '127.0.0.1:1', '[::1]:8404', 'cis.example'])
      assert.equal(await under(host), 'loopback', host);
    for (const host of [
      undefined,
      'page.test',
      'page.test:8404',
      'localhost.page.test',
      '192.0.2.1',
      ':',
      'a b',
    ])
      assert.equal(await under(host), no, String(host));
  });

  test('accepts a client with a known, current certificate', async () => {
    const authority = await newAuthority();
    const { raw } = await authority.issue({ subject: [['CN', 'desktop']] });
    const other = await authority.issue({ subject: [['CN', 'other']] });
    const old = await authority.issue({ subject: [['CN', 'old']], notAfter: startTime - 1_000 });
    const print = (der: Buffer) => createHash('sha256').update(der).digest('hex');
    const colons = print(raw)
      .toUpperCase()
      .replace(/(..)(?=.)/g, '$1:');
    assert.equal(await callerOf({ certificate: raw }, [print(raw)]), print(raw));
    assert.equal(await callerOf({ certificate: raw }, [colons]), print(raw));
    assert.equal(await callerOf({ certificate: other.raw }, [print(raw)]), no);
    assert.equal(await callerOf({ certificate: raw }), no);
    assert.equal(await callerOf({ certificate: old.raw }, [print(old.raw)]), no);
    assert.equal(await callerOf({ certificate: Buffer.from('none') }, [print(raw)]), no);
  });
});

test('the legacy interface accepts the TLS certificate of a known client', async () => {
  const authority = await newAuthority();
  const pairOf = async (name: string) => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const x509 = await authority.issue({
      subject: [['CN', name]],
      subjectKey: publicKey.export({ type: 'spki', format: 'der' }),
    });
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    return { certificate: x509.toString(), key, print: x509.fingerprint256 };
  };
  const [server, known, unknown] = await Promise.all(['localhost', 'desktop', 'other'].map(pairOf));
  assert.ok(server && known && unknown);
  const cis = await startCis({ legacy: { clients: [known.print] } });
  assert.equal(cis.service.clientCertificates, true);
  const listener = createListener(cis.service.routes, {
    name: 'cis',
    log: silentLog,
    tls: { certificate: server.certificate, key: server.key, clientCertificates: true },
  });
  const port = await listener.listen(0);
  // With this header, a request is not from this machine.
  const statusAs = (client?: { certificate: string; key: string }) =>
    new Promise<string>((resolve, reject) => {
      const options = {
        host: '127.0.0.1',
        port,
        path: '/saml/RoleAssertion?token=x',
        rejectUnauthorized: false,
        headers: { 'x-forwarded-for': '192.0.2.1' },
        agent: false,
        ...(client ? { cert: client.certificate, key: client.key } : {}),
      };
      https
        .get(options as https.RequestOptions, (response) => {
          let text = '';
          response.on('data', (part) => {
            text += part;
          });
          response.on('end', () => resolve(text.includes('samlp:Requester') ? 'served' : text));
        })
        .on('error', reject);
    });
  assert.equal(await statusAs(known), 'served');
  assert.match(await statusAs(unknown), /loopback, or to a client with a known certificate/);
  assert.match(await statusAs(), /loopback, or to a client with a known certificate/);
  await listener.close();
  await cis.close();
});
