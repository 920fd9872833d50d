import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { encodeTlv, onlyTlv, parseTlv, readTag, TlvError, valueWith } from './apdu.ts';

const fromHex = (digits: string): Uint8Array => new Uint8Array(Buffer.from(digits, 'hex'));
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const tag = fc.constantFrom(0x53, 0x70, 0x71, 0xfe, 0x7e, 0x4f, 0x5f2f, 0x7f49, 0x5fc102, 0x5fc10a);

describe('BER-TLV', () => {
  test('encodes lengths in the shortest form', () => {
    const cases: [number, string][] = [
      [0, '5300'],
      [127, '537f'],
      [128, '538180'],
      [256, '53820100'],
      [65536, '5383010000'],
    ];
    for (const [length, start] of cases) {
      const bytes = encodeTlv(0x53, new Uint8Array(length));
      assert.equal(hex(bytes.subarray(0, start.length / 2)), start);
      assert.equal(onlyTlv(bytes, 0x53, { bytes: 100_000 }).length, length);
    }
  });

  test('decodes encoded objects', () => {
    const objects = fc.array(
      fc.record({ tag, value: fc.uint8Array({ maxLength: 300 }) }, { noNullPrototype: true }),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(objects, (made) => {
        assert.deepEqual(parseTlv(Buffer.concat(made.map((one) => encodeTlv(one.tag, one.value)))), made);
      }),
    );
  });

  test('decodes any bytes to objects that encode to them, or throws TlvError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          const read = parseTlv(bytes);
          const again = parseTlv(Buffer.concat(read.map((one) => encodeTlv(one.tag, one.value))));
          assert.deepEqual(again, read);
        } catch (error) {
          assert.ok(error instanceof TlvError);
        }
      }),
    );
  });

  test('refuses truncated, indefinite, oversized and impossible objects', () => {
    for (const bytes of [
      '53',
      '5302aa',
      '5380aa0000',
      '538401000000',
      '5382ff',
      '0000',
      'ff00',
      '5f',
      '5f80808001',
      '5fff',
    ])
      assert.throws(() => parseTlv(fromHex(bytes)), TlvError, bytes);
    assert.throws(() => parseTlv(new Uint8Array(16385)), /too long/);
    assert.throws(() => parseTlv(fromHex('7000'.repeat(33))), /too many/);
    for (const impossible of [0, 0xff, 0x1f, 0x5f80, 0x5300, 0x5fc10280])
      assert.throws(() => encodeTlv(impossible), TlvError, String(impossible));
  });

  test('ignores a repeated object in valueWith, and accepts exactly one object in onlyTlv', () => {
    assert.equal(valueWith(parseTlv(fromHex('700101700102')), 0x70), undefined);
    assert.deepEqual(valueWith(parseTlv(fromHex('7001017100')), 0x70), fromHex('01'));
    assert.throws(() => onlyTlv(fromHex('53005300'), 0x53), TlvError);
    assert.throws(() => onlyTlv(fromHex('5300'), 0x70), TlvError);
    assert.throws(() => onlyTlv(new Uint8Array(0), 0x53), TlvError);
    assert.deepEqual(readTag(fromHex('5fc10553')), { tag: 0x5fc105, next: 3 });
  });
});
