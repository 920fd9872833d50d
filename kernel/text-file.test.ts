import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodeText } from './text-file.ts';

describe('decodeText', () => {
  test('removes one byte order mark of UTF-8, and no other', () => {
    assert.equal(decodeText(Buffer.from('\uFEFF{}')), '{}');
    assert.equal(decodeText(Buffer.from('\uFEFF\uFEFFé')), '\uFEFFé');
    assert.equal(decodeText(Buffer.from('')), '');
  });

  for (const [name, bytes] of [
    ['with its mark', Buffer.from('\uFEFF{}', 'utf16le')],
    ['with the mark of big endian', Buffer.from('\uFEFF{}', 'utf16le').swap16()],
    ['without a mark', Buffer.from('{}', 'utf16le')],
  ] as const)
    test(`names UTF-16 ${name}`, () => {
      assert.throws(() => decodeText(bytes), { message: 'it has the encoding UTF-16: save it as UTF-8' });
    });
});
