import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Ffi, NativeLibrary } from '@alongside/kernel/ffi';
import { pcscAbis, readerState, splitNames } from './pcsc-library.ts';
import { pkcs11Abi, typedPointer, typedPointers } from './pkcs11-library.ts';

describe('the layout of native structures', () => {
  test('of SCARD_READERSTATE follows winscard.h of Windows and of pcsclite', () => {
    const { win32, linux } = pcscAbis;
    assert.ok(win32 && linux);
    assert.deepEqual(readerState(win32), { length: 64, event: 20 });
    assert.deepEqual(readerState(linux), { length: 80, event: 24 });
  });

  test('of reader names is UTF-16 on Windows', () => {
    const names = ['Läser 0', 'B'];
    for (const encoding of ['utf8', 'utf16le'] as const)
      assert.deepEqual(splitNames(Buffer.from(`${names.join('\0')}\0\0`, encoding), encoding), names);
  });

  test('of CK_ATTRIBUTE is packed with 4-byte numbers on Windows', () => {
    assert.deepEqual(typedPointer(pkcs11Abi('win32')), { pointer: 4, size: 12, length: 16 });
    assert.deepEqual(typedPointer(pkcs11Abi('linux')), { pointer: 8, size: 16, length: 24 });
  });

  test('of a template has the address and length of each value', () => {
    const template = (platform: NodeJS.Platform): string =>
      typedPointers(
        pkcs11Abi(platform),
        () => 0x1122334455667788n,
        [0x102, 0x11],
        [Buffer.from([1, 2, 3]), Buffer.alloc(0)],
      ).toString('hex');
    assert.equal(
      template('win32'),
      '02010000' + '8877665544332211' + '03000000' + '11000000' + '0000000000000000' + '00000000',
    );
    assert.equal(
      template('linux'),
      `0201000000000000887766554433221103000000000000001100000000000000${'0'.repeat(32)}`,
    );
  });
});

test('a library of Windows is loaded from its system folder, never from the folder of the program', () => {
  const loaded: string[] = [];
  class DynamicLibrary {
    constructor(path: string) {
      loaded.push(path);
    }

    getFunction() {
      return (path: Buffer) => path.write('C:\\Windows\\system32', 'utf16le') / 2;
    }
  }
  NativeLibrary.ofWindows({ DynamicLibrary } as unknown as Ffi, 'winscard.dll');
  assert.deepEqual(loaded, ['kernel32.dll', 'C:\\Windows\\system32\\winscard.dll']);
});
