import assert from 'node:assert/strict';
import type { LookupAddress } from 'node:dns';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, isIP, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { serving } from '../test/testing/serving.ts';
import { OutboundAgents, OutboundError, type OutboundPolicy, outbound } from './outbound.ts';

/** Resolves every name to these addresses, and counts the questions. */
function resolver(...addresses: string[]) {
  const asked = { times: 0 };
  const lookup = ((_name: string, _options: object, callback: (e: null, a: LookupAddress[]) => void) => {
    asked.times++;
    callback(
      null,
      addresses.map((address) => ({ address, family: isIP(address) })),
    );
  }) as unknown as NonNullable<OutboundPolicy['lookup']>;
  return { asked, lookup };
}

/** A resolver that fails the test, because the call must not look up an address or connect to one. */
const noLookup = resolver().lookup;

// biome-ignore format: a table, one range a line: its first and its last address
const special: [string, string, string][] = [
  ['this network (RFC 791)',               '0.0.0.0',         '0.255.255.255'],
  ['private use (RFC 1918)',               '10.0.0.0',        '10.255.255.255'],
  ['shared address space (RFC 6598)',      '100.64.0.0',      '100.127.255.255'],
  ['loopback (RFC 1122)',                  '127.0.0.0',       '127.255.255.255'],
  ['private use (RFC 1918)',               '172.16.0.0',      '172.31.255.255'],
  ['protocol assignments (RFC 6890)',      '192.0.0.0',       '192.0.0.255'],
  ['documentation (RFC 5737)',             '192.0.2.0',       '192.0.2.255'],
  ['AS112 (RFC 7535)',                     '192.31.196.0',    '192.31.196.255'],
  ['AMT (RFC 7450)',                       '192.52.193.0',    '192.52.193.255'],
  ['6to4 relays (RFC 7526)',               '192.88.99.0',     '192.88.99.255'],
  ['private use (RFC 1918)',               '192.168.0.0',     '192.168.255.255'],
  ['AS112 (RFC 7534)',                     '192.175.48.0',    '192.175.48.255'],
  ['benchmarking (RFC 2544)',              '198.18.0.0',      '198.19.255.255'],
  ['documentation (RFC 5737)',             '198.51.100.0',    '198.51.100.255'],
  ['documentation (RFC 5737)',             '203.0.113.0',     '203.0.113.255'],
  ['multicast (RFC 5771)',                 '224.0.0.0',       '239.255.255.255'],
  ['reserved and broadcast (RFC 1112)',    '240.0.0.0',       '255.255.255.255'],
  ['unspecified, loopback, compatible',    '::',              '::7f00:1'],
  ['mapped IPv4 (RFC 4291)',               '::ffff:10.0.0.1', '::ffff:7f00:1'],
  ['translated IPv4 (RFC 2765)',           '::ffff:0:10.0.0.1', '::ffff:0:7f00:1'],
  ['IPv4-compatible (RFC 4291)',           '::808:808',       '::a00:1'],
  ['NAT64 (RFC 6052)',                     '64:ff9b::a00:1',  '64:ff9b::808:808'],
  ['local NAT64 (RFC 8215)',               '64:ff9b:1::808:808', '64:ff9b:1:ffff:ffff:ffff:808:808'],
  ['discard (RFC 6666)',                   '100::',           '100::ffff:ffff:ffff:ffff'],
  ['dummy (RFC 9780)',                     '100:0:0:1::',     '100:0:0:1:ffff:ffff:ffff:ffff'],
  ['Teredo and others (RFC 2928)',         '2001::',          '2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['documentation (RFC 3849)',             '2001:db8::',      '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['6to4 (RFC 3056)',                      '2002:a00:1::',    '2002:808:808::1'],
  ['AS112 (RFC 7534)',                     '2620:4f:8000::',  '2620:4f:8000:ffff:ffff:ffff:ffff:ffff'],
  ['documentation (RFC 9637)',             '3fff::',          '3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['segment routing (RFC 9602)',           '5f00::',          '5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['unique local (RFC 4193)',              'fc00::',          'fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['site-local (RFC 3879)',                'fec0::',          'feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['multicast (RFC 4291)',                 'ff00::',          'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
];

const metadata = [
  '169.254.169.254',
  '169.254.0.0',
  '169.254.255.255',
  '100.100.100.200',
  '168.63.129.16',
  '192.0.0.192',
  'fe80::1',
  'fd00:ec2::254',
  'fd00:ec2::23',
  'fd20:ce::254',
  '::ffff:169.254.169.254',
  '::169.254.169.254',
  '::ffff:0:169.254.169.254',
  '64:ff9b::a9fe:a9fe',
  '64:ff9b:1::169.254.169.254',
  '2002:a9fe:a9fe::1',
  '2001:0:a9fe:a9fe::1',
  '2001::5601:5601',
  '::ffff:168.63.129.16',
];

/** Fetches an address by its literal, and under a name that resolves to it. */
async function refuses(policy: OutboundPolicy, address: string): Promise<void> {
  const literal = isIP(address) === 6 ? `[${address}]` : address;
  const isPrivate = (error: Error) => error instanceof OutboundError && /private address/.test(error.message);
  await assert.rejects(outbound(`http://${literal}:9/`, { ...policy, lookup: noLookup }), isPrivate);
  const { lookup } = resolver(address, address);
  await assert.rejects(outbound('http://keys.example/', { ...policy, lookup }), isPrivate);
}

const open = { privateAddresses: true };

describe('outbound', () => {
  let server: Server;
  let port: number;
  let requests: string[] = [];
  before(async () => {
    server = createServer((request, response) => {
      requests.push(`${request.headers.host} ${request.url}`);
      response.end('answer');
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    port = (server.address() as AddressInfo).port;
  });
  after(() => server.close());

  for (const [name, first, last] of special)
    test(`refuses ${first} to ${last}: ${name}`, async () => {
      for (const address of [first, last]) await refuses({ privateAddresses: false }, address);
    });
  for (const address of metadata)
    test(`refuses ${address}, where a cloud gives out credentials, also in development`, async () => {
      for (const privateAddresses of [false, true]) await refuses({ privateAddresses }, address);
    });
  for (const address of [
    '2130706433',
    '0x7f.1',
    '0177.0.0.1',
    '127.1',
    '[::ffff:7f00:1]',
    '[0:0:0:0:0:0:0:1]',
  ])
    test(`refuses the loopback address written as ${address}`, async () => {
      await assert.rejects(
        outbound(`http://${address}:9/`, { privateAddresses: false, lookup: noLookup }),
        /private address/,
      );
    });

  test('connects to the address that it checked, and asks the resolver once', async () => {
    requests = [];
    const { asked, lookup } = resolver('169.254.169.254', 'fd00:ec2::254', '127.0.0.1');
    const { status } = await outbound(`http://rebinding.example:${port}/`, {
      privateAddresses: true,
      lookup,
    });
    assert.deepEqual([status, asked.times], [200, 1]);
    assert.deepEqual(requests, [`rebinding.example:${port} /`]);
  });

  test('refuses private addresses, by number and by name, before it sends anything', async () => {
    let asked = 0;
    await serving(
      (_request, response) => {
        asked++;
        response.end('{}');
      },
      async (origin) => {
        const { port } = new URL(origin);
        for (const host of [
          '127.0.0.1',
          'localhost',
          '[::1]',
          '[::ffff:127.0.0.1]',
          '0.0.0.0',
          '10.1.2.3',
          '169.254.169.254',
          '192.168.0.1',
          '[fd00::1]',
          // An IPv4 address within an IPv6 one: compatible, translated, tunnelled.
          '[::127.0.0.1]',
          '[64:ff9b:1::7f00:1]',
          '[2002:7f00:1::]',
        ])
          await assert.rejects(
            outbound(`http://${host}:${port}/`, { privateAddresses: false }),
            OutboundError,
            host,
          );
      },
    );
    assert.equal(asked, 0);
  });

  test('does not reuse a connection that was opened under a policy that allows private addresses', async () => {
    const paths: string[] = [];
    await serving(
      (request, response) => {
        paths.push(request.url ?? '');
        response.end('{}');
      },
      async (origin) => {
        const { port } = new URL(origin);
        await outbound(`http://localhost:${port}/own`, open);
        // The socket is in the pool of the process by then.
        await new Promise((resolve) => setImmediate(resolve));
        await assert.rejects(
          outbound(`http://localhost:${port}/registered`, { privateAddresses: false }),
          /private address/,
        );
      },
    );
    assert.deepEqual(paths, ['/own']);
  });

  test('refuses link-local addresses in development too', async () => {
    for (const host of ['169.254.169.254', '[fe80::1]', '[::ffff:169.254.169.254]', '[fd00:ec2::254]'])
      await assert.rejects(outbound(`http://${host}:1/`, open), /is a private address/, host);
  });

  test('returns a redirect and does not follow it', async () => {
    const paths: string[] = [];
    await serving(
      (request, response) => {
        paths.push(request.url ?? '');
        response.writeHead(302, { location: '/elsewhere' }).end();
      },
      async (origin) => assert.equal((await outbound(`${origin}/jwks`, open)).status, 302),
    );
    assert.deepEqual(paths, ['/jwks']);
  });

  test('stops reading an endless answer', async () => {
    await serving(
      (_request, response) => {
        const more = () =>
          response.write(Buffer.alloc(65_536, 32), () => !response.destroyed && setImmediate(more));
        more();
      },
      async (origin) => assert.rejects(outbound(origin, open), /larger than/),
    );
  });

  test('fails when the server switches to another protocol', async () => {
    await serving(
      ({ socket }) =>
        socket.end('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n'),
      async (origin) => assert.rejects(outbound(origin, open), OutboundError),
    );
  });

  test('refuses addresses other than http and https', async () => {
    for (const address of ['file:///etc/passwd', 'ftp://a.test/', 'nothing', 'data:application/json,{}'])
      await assert.rejects(outbound(address, open), OutboundError);
  });

  test('replaces a kept connection that the server closed', async () => {
    const agents = new OutboundAgents();
    const policy = { ...open, agents };
    const sockets: Socket[] = [];
    await serving(
      (request, response) => {
        sockets.push(request.socket);
        // The second request finds the first connection closed by a server that answered nothing.
        if (sockets.length === 2) request.socket.resetAndDestroy();
        else response.end('answer');
      },
      async (origin) => {
        await outbound(origin, policy);
        assert.equal((await outbound(origin, policy)).body, 'answer');
        await assert.rejects(
          serving(
            (request) => request.socket.resetAndDestroy(),
            (other) => outbound(other, policy),
          ),
          OutboundError,
        );
      },
    );
    assert.equal(sockets.length, 3);
    assert.equal(sockets[0], sockets[1]);
    agents.close();
  });

  test('sends the body of a DELETE with its length', async () => {
    await serving(
      async (request, response) => response.end(`${request.method} ${await text(request)}`),
      async (origin) => {
        const { body } = await outbound(origin, open, { method: 'DELETE', body: '{"cause":"é"}' });
        assert.equal(body, 'DELETE {"cause":"é"}');
      },
    );
  });
});
