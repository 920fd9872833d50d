import assert from 'node:assert/strict';
import net from 'node:net';
import { describe, test } from 'node:test';
import { linuxPeerUser, tableAddresses, uidIn } from './peer-user.ts';

const tcp = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:20D3 00000000:0000 0A 00000000:00000000 00:00000000 00000000     7        0 1 1 0 100 0 0 10 0
   1: 0100007F:20D3 0100007F:C350 01 00000000:00000000 00:00000000 00000000     7        0 2 1 0 20 4 30 10 -1
   2: 0100007F:C350 0100007F:20D3 01 00000000:00000000 00:00000000 00000000  1001        0 3 1 0 20 4 30 10 -1
   3: 0100007F:C354 0200007F:20D3 01 00000000:00000000 00:00000000 00000000  1005        0 7 1 0 20 4 30 10 -1
   4: 0100007F:C354 0100007F:20D3 01 00000000:00000000 00:00000000 00000000  1006        0 8 1 0 20 4 30 10 -1
   5: 0100007F:C351 0100007F:20D3 06 00000000:00000000 00:00000000 00000000  1002        0 4 1 0 20 4 30 10 -1
`;
const tcp6 = `  sl  local_address                         remote_address                        st
   0: 0000000000000000FFFF00000100007F:C352 0000000000000000FFFF00000100007F:20D3 01 00000000:00000000 00:00000000 00000000  1003        0 5 1 0
   1: 00000000000000000000000001000000:C353 00000000000000000000000001000000:20D3 01 00000000:00000000 00:00000000 00000000  1004        0 6 1 0
`;

describe('the owner of a loopback connection', () => {
  test('is found by the remote end of the connection, never by the local one', () => {
    const from = (port: number, address = '127.0.0.1', localAddress = address) => ({
      address,
      port,
      localAddress,
    });
    assert.equal(uidIn(tcp, from(0xc350), 0x20d3), 1001);
    assert.equal(uidIn(tcp, from(0xc350, '::ffff:127.0.0.1'), 0x20d3), 1001);
    assert.equal(uidIn(tcp, from(0xc351), 0x20d3), undefined, 'a closing connection says nothing');
    assert.equal(uidIn(tcp, from(0xc350), 0x20d4), undefined, 'another port of ours');
    assert.equal(uidIn(tcp, from(0xc354), 0x20d3), 1006, 'the same port is connected to another address');
    assert.equal(uidIn(tcp, { address: '127.0.0.1', port: 0xc350 }, 0x20d3), undefined, 'no address of ours');
    assert.equal(uidIn(tcp6, from(0xc352), 0x20d3), 1003);
    assert.equal(uidIn(tcp6, from(0xc353, '::1'), 0x20d3), 1004);
    assert.equal(uidIn(tcp6, from(0xc353), 0x20d3), undefined);
    assert.deepEqual(tableAddresses('192.0.2.1'), [], 'only loopback');
  });

  test('is determined on a real connection', {
    skip: process.platform !== 'linux' && 'the tables are Linux',
  }, async (t) => {
    const server = net.createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as net.AddressInfo;
    const accepted = new Promise<net.Socket>((resolve) => server.once('connection', resolve));
    const client = net.connect(port, '127.0.0.1');
    const { remoteAddress = '', remotePort = 0, localAddress } = await accepted;
    t.after(() => {
      client.destroy();
      server.close();
    });
    const from = { address: remoteAddress, port: remotePort, localAddress };
    const uid = process.getuid?.() ?? -1;
    assert.equal(await linuxPeerUser(port, uid).isOurs(from), true);
    assert.equal(await linuxPeerUser(port, uid + 1).isOurs(from), false);
    assert.equal(
      await linuxPeerUser(port, uid).isOurs({ ...from, port: 1 }),
      false,
      'a connection in no table',
    );
    const peerUser = linuxPeerUser(port, uid);
    assert.equal(await peerUser.isOurs({ ...from, connection: client }), true);
    assert.equal(await peerUser.isOurs({ ...from, port: 1, connection: client }), true, 'looked up once');
    assert.equal(await peerUser.isOurs({ ...from, port: 1, connection: server }), false);
    assert.equal(await peerUser.isOurs({ ...from, connection: server }), true, 'only a found user is kept');
  });

  // Linux returns 27 lines at a time.
  test('is determined among a hundred connections', {
    skip: process.platform !== 'linux' && 'the tables are Linux',
  }, async (t) => {
    const uid = process.getuid?.() ?? -1;
    const sockets: net.Socket[] = [];
    const server = net.createServer();
    t.after(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as net.AddressInfo;
    for (let n = 0; n < 100; n += 1) {
      const accepted = new Promise<net.Socket>((resolve) => server.once('connection', resolve));
      const client = net.connect(port, '127.0.0.1');
      sockets.push(client, await accepted);
    }
    const senders = sockets
      .filter((_, n) => n % 2 === 1)
      .map(({ remoteAddress: address = '', remotePort: port = 0, localAddress }) => ({
        address,
        port,
        localAddress,
      }));
    const [ours, others] = [linuxPeerUser(port, uid), linuxPeerUser(port, uid + 1)];
    for (const from of senders.slice(0, 20)) {
      assert.equal(await ours.isOurs(from), true);
      assert.equal(await others.isOurs(from), false);
    }
    // Together, and while the tables are read for the first of them.
    const unlisted = { address: '127.0.0.1', port: 1, localAddress: '127.0.0.1' };
    const first = ours.isOurs(unlisted);
    const all = await Promise.all([...senders, unlisted, ...senders].map((from) => ours.isOurs(from)));
    assert.deepEqual(
      all.map((isOurs, n) => isOurs === (n !== senders.length)),
      all.map(() => true),
    );
    assert.equal(await first, false);
    assert.deepEqual(
      await Promise.all(senders.map((from) => others.isOurs(from))),
      senders.map(() => false),
    );
  });
});
