import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { findFfi } from '@alongside/kernel/ffi';
import { loadPkcs11 } from '../../identity-agent/card/pkcs11-load.ts';

const { ALONGSIDE_PACKED: built } = process.env;
const module = join(built ?? '', 'Token.dll');
const skip =
  built === undefined
    ? 'run it with npm run windows'
    : (!existsSync(module) && 'needs the units of Free Pascal for Windows') ||
      (!findFfi() && 'needs node:ffi of Node.js 26');

// A module of our own, because no token in software for Windows is in Debian or npm: it shows how values are passed.
test('the functions of a PKCS#11 module of Windows get the values and structures of their calls', {
  skip,
}, async () => {
  const calls = await loadPkcs11(module, true);
  const slots = calls.C_GetSlotList(true);
  assert.deepEqual(
    slots.map((slot) => slot.readUInt32LE()),
    [7, 8],
  );
  const [slot = assert.fail(), other = assert.fail()] = slots;
  assert.deepEqual(calls.C_GetTokenInfo(slot), { label: 'A token'.padEnd(32), flags: 0x40d });
  assert.throws(() => calls.C_GetTokenInfo(other), { code: 0x3 });
  const session = calls.C_OpenSession(slot, 6);
  assert.throws(() => calls.C_Login(session, 1, '000000'), { code: 0xa0 });
  calls.C_Login(session, 1, '123456');
  const id = Buffer.from('key of the token');
  calls.C_FindObjectsInit(session, [
    { type: 0x0, value: 3 },
    { type: 0x102, value: id },
  ]);
  const [key = assert.fail(), ...more] = calls.C_FindObjects(session, 10);
  assert.deepEqual([key.readUInt32LE(), more], [11, []]);
  calls.C_FindObjectsFinal(session);
  const values = calls.C_GetAttributeValue(session, key, [{ type: 0x3 }, { type: 0x102 }]);
  assert.deepEqual(
    values.map(({ value }) => String(value)),
    [String(id), String(id)],
  );
  const sign = (mechanism: Parameters<typeof calls.C_SignInit>[1]): string => {
    calls.C_SignInit(session, mechanism, key);
    return String(calls.C_Sign(session, Buffer.from('a text'), Buffer.alloc(512)));
  };
  assert.equal(sign({ mechanism: 0x40 }), '64: a text');
  const parameter = { type: 2, hashAlg: 0x250, mgf: 2, saltLen: 32 };
  assert.equal(sign({ mechanism: 0x43, parameter }), '67 592/2/32 of 12: a text');
  calls.C_Finalize();
});
