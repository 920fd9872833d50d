import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import { windowsPeerUser } from './peer-user.ts';
import { ownPipe } from './pipe-name.ts';
import { windowsOwner } from './port-owner.ts';
import { isOwnPipe, listenersIn, pipeRights, processIn, sidText, WindowsUsers } from './windows-users.ts';

const [own, other, system] = ['S-1-5-21-1-2-3-1001', 'S-1-5-21-1-2-3-1002', 'S-1-5-18'];
const four = (address: string): number[] => address.split('.').map(Number);
const dword = (value: number): number[] => [
  value & 255,
  (value >> 8) & 255,
  (value >> 16) & 255,
  value >>> 24,
];
/** A port in a DWORD: in network order, with rubbish in the other half, which Windows does not promise to be 0. */
const port = (value: number): number[] => [value >> 8, value & 255, 0xab, 0xcd];
const table = (...rows: number[][]): Buffer => Buffer.from([...dword(rows.length), ...rows.flat()]);

describe('the processes in the TCP tables of Windows', () => {
  const row = (state: number, local: [string, number], remote: [string, number], pid: number): number[] => [
    ...dword(state),
    ...four(local[0]),
    ...port(local[1]),
    ...four(remote[0]),
    ...port(remote[1]),
    ...dword(pid),
  ];
  const ipv4 = table(
    row(5, ['127.0.0.1', 8403], ['127.0.0.1', 50_000], 1),
    row(5, ['127.0.0.1', 50_000], ['127.0.0.2', 8403], 2),
    row(11, ['127.0.0.1', 50_000], ['127.0.0.1', 8403], 3),
    row(5, ['127.0.0.1', 50_000], ['127.0.0.1', 8403], 70_000),
  );
  const end = (address: string, number: number) => ({ address, port: number });

  test('are found by both ends of an established connection', () => {
    assert.equal(processIn(ipv4, 4, end('127.0.0.1', 50_000), end('127.0.0.1', 8403)), 70_000);
    assert.equal(processIn(ipv4, 4, end('::ffff:127.0.0.1', 50_000), end('127.0.0.1', 8403)), 70_000);
    assert.equal(processIn(ipv4, 4, end('127.0.0.1', 50_001), end('127.0.0.1', 8403)), undefined);
    assert.equal(processIn(ipv4, 4, end('192.0.2.1', 50_000), end('127.0.0.1', 8403)), undefined);
    assert.equal(processIn(table(), 4, end('127.0.0.1', 50_000), end('127.0.0.1', 8403)), undefined);
  });

  test('are found in the table of IPv6', () => {
    const one = [...Array<number>(15).fill(0), 1];
    const ipv6 = table([
      ...one,
      ...dword(0),
      ...port(50_000),
      ...one,
      ...dword(0),
      ...port(8403),
      ...dword(5),
      ...dword(9),
    ]);
    assert.equal(processIn(ipv6, 6, end('::1', 50_000), end('::1', 8403)), 9);
    assert.equal(processIn(ipv6, 4, end('::1', 50_000), end('::1', 8403)), undefined);
  });

  test('are found as listeners on loopback and on every address', () => {
    const listeners = table(
      row(2, ['127.0.0.1', 8403], ['0.0.0.0', 0], 1),
      row(2, ['0.0.0.0', 8403], ['0.0.0.0', 0], 2),
      row(2, ['192.0.2.1', 8403], ['0.0.0.0', 0], 3),
      row(2, ['127.0.0.1', 8404], ['0.0.0.0', 0], 4),
    );
    assert.deepEqual(listenersIn(listeners, 4, 8403), [1, 2]);
  });
});

describe('the user at the other end of a loopback connection on Windows', () => {
  const from = { address: '127.0.0.1', port: 50_000, localAddress: '127.0.0.1' };
  const peer = (user: string | undefined) =>
    windowsPeerUser(8403, { own, connected: () => user }).isOurs(from);

  test('must be this one: another user, the system and an unknown one are refused', async () => {
    assert.deepEqual(await Promise.all([own, other, system, undefined].map(peer)), [
      true,
      false,
      false,
      false,
    ]);
  });

  test('is looked up once for each connection', async () => {
    let lookups = 0;
    const users = {
      own,
      connected: () => {
        lookups += 1;
        return own;
      },
    };
    const check = windowsPeerUser(8403, users);
    const connection = {};
    for (let round = 0; round < 3; round += 1) assert.ok(await check.isOurs({ ...from, connection }));
    assert.equal(lookups, 1);
  });

  test('is another one if any listener of a port is', () => {
    assert.equal(windowsOwner([own, own], own), 'own');
    assert.equal(windowsOwner([own, other], own), 'other');
    assert.equal(windowsOwner([own, system], own), 'unknown');
    assert.equal(windowsOwner([own, undefined], own), 'unknown');
    assert.equal(windowsOwner([], own), 'unknown');
  });
});

describe('a pipe of Windows', () => {
  test("is this user's by its owner and by its server", () => {
    const cases = [
      [own, own, true],
      [undefined, own, true],
      [system, own, true],
      ['S-1-5-32-544', own, true],
      [other, own, false],
      [own, other, false],
      [own, undefined, false],
      [undefined, undefined, false],
      ['S-1-5-21-1-2-3-513', own, true],
    ] as const;
    for (const [owner, server, expected] of cases)
      assert.equal(
        isOwnPipe({ user: own, owner: 'S-1-5-21-1-2-3-513' }, { owner, server }),
        expected,
        `${owner} ${server}`,
      );
  });

  test('is closed to everyone else and to other machines', () => {
    assert.equal(pipeRights(own, false), `D:P(D;;GA;;;NU)(A;;GA;;;${own})(A;;GA;;;SY)(A;;GA;;;BA)`);
    assert.equal(pipeRights(own, true), `D:P(A;;GA;;;${own})(A;;GA;;;SY)(A;;GA;;;BA)`);
  });

  test('names its user as Windows does', () => {
    const bytes = Buffer.from([
      1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 0xe9, 3, 0, 0, 0xff,
    ]);
    assert.equal(sidText(bytes), own);
    assert.equal(sidText(Buffer.from([1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0])), system);
  });
});

describe('this Windows', { skip: process.platform !== 'win32' && '`npm run windows` runs it' }, () => {
  const users = WindowsUsers.find();
  const path = ownPipe(`alongside-test-${process.pid}`);

  test('names the user of this process, in pipes too', () => {
    const { stdout } = spawnSync('whoami', ['/user'], { encoding: 'utf8' });
    assert.match(String(users?.own), /^S-1-5-21-/);
    assert.ok(stdout.includes(String(users?.own)), stdout);
    assert.ok(path.endsWith(String(users?.own)));
  });

  test('names the user of a connection and of a listener', async (t) => {
    const server = createServer().listen(0, '127.0.0.1');
    t.after(() => server.close());
    await once(server, 'listening');
    const { port: at } = server.address() as AddressInfo;
    const client = connect(at, '127.0.0.1');
    t.after(() => client.destroy());
    const [[socket]] = (await Promise.all([once(server, 'connection'), once(client, 'connect')])) as [
      [Socket],
      unknown,
    ];
    t.after(() => socket.destroy());
    const to = { address: '127.0.0.1', port: at };
    assert.equal(users?.connected({ address: '127.0.0.1', port: client.localPort ?? 0 }, to), users?.own);
    assert.equal(users?.connected({ address: '127.0.0.1', port: 1 }, to), undefined);
    assert.deepEqual(users?.listening(at), [users?.own]);
    assert.deepEqual(users?.listening(client.localPort ?? 0), []);
  });

  test('closes a pipe to others, and it serves this user on', async (t) => {
    assert.equal(await users?.isOwnPipe(path), undefined);
    const server = createServer((socket) => socket.on('error', () => undefined).pipe(socket)).listen(path);
    t.after(() => server.close());
    await once(server, 'listening');
    assert.equal(users?.protectPipe(path), true);
    // More than libuv accepts at once.
    const looks = await Promise.all(Array.from({ length: 12 }, () => users?.isOwnPipe(path)));
    assert.ok(
      looks.every((isOwn) => isOwn === true),
      String(looks),
    );
    for (let connection = 0; connection < 8; connection += 1) {
      const client = connect(path);
      client.write('ping');
      assert.equal(String((await once(client, 'data'))[0]), 'ping');
      client.destroy();
    }
  });
});
