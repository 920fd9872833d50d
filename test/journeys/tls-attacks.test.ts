import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { text } from '@alongside/kernel/answer';
import { createListener, type Listener } from '@alongside/kernel/http';
import { createLog } from '@alongside/kernel/log';
import { makeAuthority, type TestAuthority } from '../testing/authority.ts';

/** A handshake record with the start of a ClientHello that claims this many bytes (RFC 8446 sections 4 and 5.1). */
const helloOf = (length: number, body: number): Buffer => {
  const record = Buffer.alloc(5 + 4 + body);
  record.set([0x16, 3, 1, (4 + body) >> 8, (4 + body) & 0xff, 1]);
  record.writeUIntBE(length, 6, 3);
  return record;
};

describe('attacks on the TLS handshake', { timeout: 60_000 }, () => {
  let authority: TestAuthority;
  /** Gives a handshake little time; the other listener has the usual limits. */
  let hasty: Listener;
  let usual: Listener;
  const sockets: Socket[] = [];
  before(async () => {
    authority = makeAuthority();
    const { certificate, key } = authority.issue('localhost');
    const options = {
      name: 'test',
      log: createLog('silent', 'test'),
      tls: {
        certificate: readFileSync(certificate, 'utf8'),
        key: readFileSync(key, 'utf8'),
        clientCertificates: true,
      },
    };
    const routes = [{ methods: ['GET'] as const, path: '/', endpoint: async () => text(200, 'served') }];
    hasty = createListener(routes, { ...options, timeouts: { headers: 50, check: 20, linger: 20 } });
    usual = createListener(routes, options);
  });
  after(async () => {
    for (const socket of sockets) socket.destroy();
    await Promise.all([hasty.close(), usual.close()]);
    authority.discard();
  });

  /** Connects without closing its own side. `closed` resolves when the listener has released the connection. */
  async function attack(listener: Listener, port: number) {
    const accepted = once(listener.server, 'connection');
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    sockets.push(socket);
    socket.on('error', () => undefined).resume();
    const [served] = (await accepted) as [Socket];
    return { socket, closed: served.destroyed ? undefined : once(served, 'close') };
  }

  test('releases clients that send nothing, or a ClientHello byte by byte', async () => {
    const port = await hasty.listen(0);
    const attacks: (Promise<unknown> | undefined)[] = [];
    for (let n = 0; n < 50; n++) attacks.push((await attack(hasty, port)).closed);
    await Promise.all(attacks);
    const { socket, closed } = await attack(hasty, port);
    // A ClientHello that would need minutes.
    const hello = helloOf(16_000, 16_000);
    let sent = 0;
    const timer = setInterval(() => {
      if (socket.writable) socket.write(hello.subarray(sent, ++sent));
    }, 10);
    await closed;
    clearInterval(timer);
  });
  test('refuses a ClientHello of 16 MB at its start, and renegotiation in TLS 1.2', async () => {
    const port = await usual.listen(0);
    const { socket, closed } = await attack(usual, port);
    const hello = helloOf(0xffffff, 16_380);
    let sent = 0;
    const send = () => {
      if (!socket.writable) return;
      sent += hello.length;
      if (socket.write(hello)) setImmediate(send);
      else socket.once('drain', send);
    };
    send();
    await closed;
    assert.ok(sent < 0xffffff, String(sent));

    const ca = readFileSync(authority.certificate);
    const client = connectTls({
      port,
      host: '127.0.0.1',
      servername: 'localhost',
      ca,
      maxVersion: 'TLSv1.2',
    });
    sockets.push(client);
    await once(client, 'secureConnect');
    const outcome = await new Promise<string>((resolve) => {
      client.once('error', () => resolve('refused')).once('close', () => resolve('closed'));
      client.renegotiate({}, (error) => resolve(error ? 'refused' : 'renegotiated'));
    });
    assert.notEqual(outcome, 'renegotiated');
  });
});
