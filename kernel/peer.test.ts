import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { OperatorError } from '@alongside/kernel/operator';
import { peerOf, trustedProxies } from '@alongside/kernel/peer';
import fc from 'fast-check';

const trusted = trustedProxies(['10.0.0.0/8', '192.0.2.7', 'fd00::/8']);
const from = (address: string, headers: Record<string, string> = {}) => peerOf({ address }, headers, trusted);

describe('the address of a request', () => {
  const cases: [string, string, string | undefined, string][] = [
    ['a stranger is believed nothing', '203.0.113.9', '198.51.100.1', '203.0.113.9'],
    ['a trusted proxy names its client', '10.1.2.3', '198.51.100.1', '198.51.100.1'],
    ['also when it connects by a mapped address', '::ffff:10.1.2.3', '198.51.100.1', '198.51.100.1'],
    [
      'of several the nearest that is not trusted',
      '10.1.2.3',
      '6.6.6.6, 198.51.100.1, 192.0.2.7',
      '198.51.100.1',
    ],
    ['what was written left of it does not count', '10.1.2.3', '127.0.0.1, 198.51.100.1', '198.51.100.1'],
    ['trusted ones all the way: the farthest', '10.1.2.3', '10.0.0.5, 10.0.0.6', '10.0.0.5'],
    ['rubbish ends the list', '10.1.2.3', '198.51.100.1, rubbish', '10.1.2.3'],
    ['no header: the proxy itself', '10.1.2.3', undefined, '10.1.2.3'],
    ['an IPv6 client in brackets', 'fd00::1', '[2001:db8::1]', '2001:db8::1'],
  ];
  for (const [title, address, header, expected] of cases)
    test(title, () => {
      assert.equal(
        from(address, header === undefined ? {} : { 'x-forwarded-for': header }).address,
        expected,
      );
    });

  for (const [title, header, unknown] of [
    ['the proxy does not name its client', undefined, true],
    ['only other proxies are named', '10.0.0.5, 10.0.0.6', true],
    ['the nearest entry is not an address', '198.51.100.1, rubbish', true],
    ['the proxy names its client', '198.51.100.1', undefined],
  ] as const)
    test(`marks the client as ${unknown ? 'unknown' : 'known'} when ${title}`, () => {
      const headers: Record<string, string> = header === undefined ? {} : { 'x-forwarded-for': header };
      assert.equal(from('10.1.2.3', headers).clientUnknown, unknown);
      assert.equal(from('203.0.113.9', headers).clientUnknown, undefined);
    });

  test('ignores the headers without a list of proxies', () => {
    assert.equal(
      peerOf({ address: '10.1.2.3' }, { 'x-forwarded-for': '1.2.3.4' }, undefined).address,
      '10.1.2.3',
    );
  });

  test('returns an address or the proxy for any header', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), (header) => {
        assert.match(from('10.1.2.3', { 'x-forwarded-for': header }).address, /^[\da-f.:]+$/i);
      }),
    );
  });
});

describe('the certificate of a request (RFC 9440)', () => {
  const der = Buffer.from('30820100', 'hex');
  const header = { 'client-cert': `:${der.toString('base64')}:` };
  test('is accepted from a trusted proxy', () => assert.deepEqual(from('10.1.2.3', header).certificate, der));
  test('includes up to ten intermediates (section 2.3)', () => {
    const chainOf = (chain: string, address = '10.1.2.3') =>
      from(address, { ...header, 'client-cert-chain': chain }).certificateChain;
    const one = header['client-cert'];
    assert.deepEqual(chainOf(`${one}, ${one}`), [der, der]);
    for (const damaged of ['', 'AAAA', `${one},`, `${one}, AAAA`, Array(11).fill(one).join(', ')])
      assert.deepEqual(chainOf(damaged), [], damaged.slice(0, 40));
    assert.equal(chainOf(one, '203.0.113.9'), undefined);
  });
  test('is ignored from other peers', () => assert.equal(from('203.0.113.9', header).certificate, undefined));
  test('is that of the connection if no proxy is trusted', () => {
    const connection = { address: '203.0.113.9', certificate: der };
    assert.deepEqual(peerOf(connection, {}, trusted).certificate, der);
  });
  test('is never the certificate of the proxy itself', () => {
    assert.equal(peerOf({ address: '10.1.2.3', certificate: der }, {}, trusted).certificate, undefined);
  });
  for (const damaged of ['', 'AAAA', ':AA AA:', '::', ':AAAA', '"AAAA"', `:${'A'.repeat(20_000)}:`])
    test(`is ignored if malformed: ${damaged.slice(0, 8) || 'empty'}`, () => {
      assert.equal(from('10.1.2.3', { 'client-cert': damaged }).certificate, undefined);
    });
});

test('trustedProxies refuses a malformed list and one that trusts everyone in one sentence', () => {
  const damaged = ['', 'proxy', '10.0.0.0/33', '10.0.0.1/x'];
  const wide = ['0.0.0.0/0', '::/0', '10.0.0.0/4', '::/8', '::ffff:0:0/96', '::ffff:0:0/97'];
  for (const entry of [...damaged, ...wide])
    assert.throws(() => trustedProxies([entry]), OperatorError, entry);
  const everyBlock = Array.from({ length: 224 }, (_, block) => `${block}.0.0.0/8`);
  assert.throws(() => trustedProxies(everyBlock), /Every address would be a trusted proxy/);
  const everyIpv6 = Array.from({ length: 32 }, (_, block) => `${(0x20 + block).toString(16)}00::/8`);
  assert.throws(() => trustedProxies(everyIpv6), /Every address/);
  assert.ok(trustedProxies(['::ffff:10.0.0.0/104']).includes('10.1.2.3'));
});
