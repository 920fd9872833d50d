import assert from 'node:assert/strict';
import net from 'node:net';
import { describe, test } from 'node:test';
import { otherUsersIn, ownerIn, portOwnersOf, portRefused } from './port-owner.ts';

const header =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
const line = (local: string, state: string, uid: number) =>
  `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000 ${uid} 0 12345 1`;

describe('otherUsersIn', () => {
  const port = '20D0'; // 8400
  const four = '0'.repeat(8);
  const six = '0'.repeat(32);
  const rows: [string, string, number[]][] = [
    ['another user at 127.0.0.1', line(`0100007F:${port}`, '0A', 1001), [1001]],
    ['another user at 127.0.0.2', line(`0200007F:${port}`, '0A', 1001), [1001]],
    ['another user at every IPv4 address', line(`${four}:${port}`, '0A', 1001), [1001]],
    ['another user at every IPv6 address', line(`${six}:${port}`, '0A', 1001), [1001]],
    ['another user at ::1', line(`${'0'.repeat(24)}01000000:${port}`, '0A', 1001), [1001]],
    [
      'another user at ::ffff:127.0.0.1',
      line(`${'0'.repeat(16)}FFFF00000100007F:${port}`, '0A', 1001),
      [1001],
    ],
    ['this user', line(`0100007F:${port}`, '0A', 1000), []],
    ['root', line(`0100007F:${port}`, '0A', 0), []],
    ['another port', line('0100007F:20D1', '0A', 1001), []],
    ['a connection', line(`0100007F:${port}`, '01', 1001), []],
    ['an address of the network', line(`0500000A:${port}`, '0A', 1001), []],
  ];
  for (const [name, row, users] of rows)
    test(`returns ${users.length === 0 ? 'nothing' : 'the uid'} for ${name}`, () => {
      assert.deepEqual(otherUsersIn(`${header}\n${row}\n`, 8_400, 1_000), users);
    });
});

describe('the owner of a listener', () => {
  const port = '20D0';
  const at = (...users: [local: string, uid: number][]) =>
    ownerIn(['', ...users.map(([local, uid]) => line(`${local}:${port}`, '0A', uid))], 8_400, 1_000);
  const [loopback, other, every] = ['0100007F', '0200007F', '0'.repeat(32)];

  test('is this user only if all listeners that a browser may reach are of this user', () => {
    assert.equal(at([loopback, 1_000]), 'own');
    assert.equal(at([loopback, 1_000], [every, 1_000]), 'own');
    assert.equal(at([loopback, 1_001]), 'other');
    for (const second of [loopback, other, every])
      assert.equal(at([loopback, 1_000], [second, 1_001]), 'other');
  });

  test('is unknown without a listener, and for root, who may listen for any user', () => {
    assert.equal(at(), 'unknown');
    assert.equal(at([loopback, 0]), 'unknown');
    assert.equal(at([loopback, 1_000], [every, 0]), 'unknown');
    assert.equal(ownerIn([line(`${loopback}:${port}`, '0A', 0)], 8_400, 0), 'own', 'an agent of root');
  });

  test('is found for a real listener, unless the check is switched off', {
    skip: process.platform !== 'linux' && 'the tables are Linux',
  }, async (t) => {
    const server = net.createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => server.close());
    const { port } = server.address() as net.AddressInfo;
    assert.equal(await portOwnersOf(true).ownerOf(port), 'own');
    assert.equal(await portOwnersOf(false).ownerOf(port), 'unknown');
  });
});

test('a refused port names the reserved ranges of Windows, and missing rights elsewhere', () => {
  assert.match(
    portRefused(8400, 'win32'),
    /^Windows refuses port 8400: .*netsh int ipv4 show excludedportrange tcp/,
  );
  assert.equal(portRefused(80, 'linux'), 'Port 80 needs rights that this user lacks');
});
