import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  ApduError,
  CHAINING,
  chainOf,
  decodeCommand,
  decodeResponse,
  encodeCommand,
  encodeResponse,
} from './apdu.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const fromHex = (digits: string): Uint8Array => new Uint8Array(Buffer.from(digits, 'hex'));
const byte = fc.integer({ min: 0, max: 255 });
const data = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 300 }),
  fc.constantFrom(1, 255, 256, 257, 65535).map((length) => new Uint8Array(length).fill(7)),
);
const le = fc.oneof(fc.integer({ min: 1, max: 65536 }), fc.constantFrom(1, 255, 256, 257, 65536));
const command = fc.record(
  { cla: byte, ins: byte, p1: byte, p2: byte, data, le },
  { requiredKeys: ['cla', 'ins', 'p1', 'p2'], noNullPrototype: true },
);
const none = new Uint8Array(0);
const header = { cla: 0, ins: 0xcb, p1: 0x3f, p2: 0xff };

describe('command APDU', () => {
  test('encodes each case of ISO/IEC 7816-4', () => {
    const long = new Uint8Array(256).fill(1);
    const cases: [Parameters<typeof encodeCommand>[0], string][] = [
      [header, '00cb3fff'],
      [{ ...header, le: 256 }, '00cb3fff00'],
      [{ ...header, le: 8 }, '00cb3fff08'],
      [{ ...header, data: fromHex('5c017e') }, '00cb3fff035c017e'],
      [{ ...header, data: fromHex('5c017e'), le: 256 }, '00cb3fff035c017e00'],
      [{ ...header, le: 257 }, '00cb3fff000101'],
      [{ ...header, le: 65536 }, '00cb3fff000000'],
      [{ ...header, data: long }, `00cb3fff000100${hex(long)}`],
      [{ ...header, data: long, le: 65536 }, `00cb3fff000100${hex(long)}0000`],
      [{ ...header, data: fromHex('5c017e'), le: 4096 }, '00cb3fff0000035c017e1000'],
    ];
    for (const [made, bytes] of cases) {
      assert.equal(hex(encodeCommand(made)), bytes);
      assert.deepEqual(decodeCommand(fromHex(bytes)), made);
    }
  });

  test('decodes encoded commands', () => {
    fc.assert(fc.property(command, (made) => assert.deepEqual(decodeCommand(encodeCommand(made)), made)));
  });

  test('decodes any bytes to a command that encodes to them, or throws ApduError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        try {
          const read = decodeCommand(bytes);
          assert.deepEqual(decodeCommand(encodeCommand(read)), read);
        } catch (error) {
          assert.ok(error instanceof ApduError);
        }
      }),
    );
  });

  test('refuses length fields that do not cover every byte', () => {
    for (const bytes of [
      '',
      '00cb3f',
      '00cb3fff0000',
      '00cb3fff035c01',
      '00cb3fff015c0000',
      '00cb3fff00000100ff',
    ])
      assert.throws(() => decodeCommand(fromHex(bytes)), ApduError, bytes);
    for (const bytes of ['00cb3fff000000ff', '00cb3fff000001ff00', '00cb3fff000002ff'])
      assert.throws(() => decodeCommand(fromHex(bytes)), ApduError, bytes);
  });

  test('refuses members out of range', () => {
    for (const wrong of [
      { cla: 256 },
      { ins: -1 },
      { p1: 1.5 },
      { le: 0 },
      { le: 65537 },
      { data: new Uint8Array(65536) },
    ])
      assert.throws(() => encodeCommand({ ...header, ...wrong }), ApduError);
  });

  test('splits data into a chain of short commands with Le in the last', () => {
    fc.assert(
      fc.property(command, (made) => {
        const chain = chainOf({ ...made, cla: 0 });
        assert.deepEqual(
          Buffer.concat(chain.map((part) => part.data ?? none)),
          Buffer.from(made.data ?? none),
        );
        assert.ok(chain.every((part) => (part.data?.length ?? 0) <= 255));
        assert.ok(chain.slice(0, -1).every((part) => part.cla === CHAINING && part.le === undefined));
        assert.equal(chain.at(-1)?.cla, 0);
        assert.equal(chain.at(-1)?.le, made.le);
      }),
    );
  });
});

describe('response APDU', () => {
  test('decodes encoded responses', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffff }), fc.uint8Array({ maxLength: 300 }), (sw, value) => {
        assert.deepEqual(decodeResponse(encodeResponse(sw, value)), { data: value, sw });
      }),
    );
  });

  test('refuses a response without status word or with too much data', () => {
    for (const length of [0, 1, 65539])
      assert.throws(() => decodeResponse(new Uint8Array(length)), ApduError);
  });
});
