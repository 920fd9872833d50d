import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { systemClock } from '@alongside/kernel/clock';
import { silentLog } from '@alongside/kernel/log';
import { TestAuthority, temporaryStore } from './testing/card.ts';
import { type CardSettings, transports } from './transports.ts';
import { VirtualReader } from './virtual-reader.ts';

async function open(t: TestContext, id: string, settings: CardSettings = {}) {
  const { store } = await temporaryStore(t);
  const transport = transports.find((each) => each.id === id);
  assert.ok(transport);
  return transport.open({ store, issuer: new TestAuthority(), clock: systemClock, log: silentLog, settings });
}

describe('transports', () => {
  test('contains the virtual reader, PC/SC and PKCS#11', () => {
    assert.deepEqual(
      transports.map(({ id }) => id),
      ['virtual', 'pcsc', 'pkcs11'],
    );
  });

  test('opens the virtual reader', async (t) => {
    const reader = await open(t, 'virtual');
    assert.ok(reader instanceof VirtualReader);
    await reader.close();
  });

  test('reports in one sentence what is missing on this machine', async (t) => {
    const refused: [string, CardSettings, RegExp][] = [
      [
        'pcsc',
        { pcscModule: 'no-such-package' },
        /needs the package pcsc-mini 0\.1\.3 .* from "no-such-package"/,
      ],
      ['pkcs11', {}, /^pkcs11Module: is needed/],
      ['pkcs11', { pkcs11Module: '/no/such/module.so' }, /module \/no\/such\/module\.so cannot be used: /],
    ];
    for (const [id, settings, message] of refused)
      await assert.rejects(open(t, id, settings), { name: 'OperatorError', message });
  });
});
