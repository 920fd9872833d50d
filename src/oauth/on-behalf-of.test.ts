import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Vault } from '@alongside/kernel/secrets';
import { openName, sealName, shownName } from './on-behalf-of.ts';

const vault = new Vault(Buffer.alloc(32, 1));
const clinic = { name: 'Clinic', clientId: 'clinic-1' };

describe('the sealed name of an application', () => {
  test('opens for the request that it was made for, in every process of the installation', () => {
    const sealed = sealName(vault, 'state-1', clinic);
    assert.deepEqual(openName(new Vault(Buffer.alloc(32, 1)), 'state-1', sealed), clinic);
    assert.ok(!sealed.includes('Clinic') && !sealed.includes('clinic-1'));
  });

  test('is ignored for another request, if it was changed, and from another installation', () => {
    const sealed = sealName(vault, 'state-1', clinic);
    const changed = `${sealed.slice(0, -8)}AAAAAAAA`;
    for (const [state, value] of [
      ['state-2', sealed],
      [null, sealed],
      ['state-1', changed],
      ['state-1', undefined],
      ['state-1', ''],
      ['state-1', 'Clinic'],
      ['state-1', sealName(new Vault(Buffer.alloc(32, 2)), 'state-1', clinic)],
      ['state-1', vault.seal('another purpose', JSON.stringify({ state: 'state-1', name: 'Clinic' }))],
    ] as const)
      assert.equal(openName(vault, state, value), null, String(value));
  });

  test('fits into a parameter, however long the name is', () => {
    assert.ok(
      sealName(vault, 'x'.repeat(43), { ...clinic, name: '\u{1F3E5}'.repeat(10_000) }).length < 1_024,
    );
  });
});

test('a shown name is one line of at most 80 characters without control and direction characters', () => {
  for (const [name, shown] of [
    ['Clinic', 'Clinic'],
    ['  Two\n\tlines ', 'Two lines'],
    ['evil\u202Egpj.exe', 'evil gpj.exe'],
    ['\u200B\u2066', 'an application without a name'],
    ['', 'an application without a name'],
    ['<b>&"', '<b>&"'],
    ['\u{1F3E5}'.repeat(81), `${'\u{1F3E5}'.repeat(79)}…`],
    ['x'.repeat(100_000), `${'x'.repeat(79)}…`],
  ] as const)
    assert.equal(shownName(name), shown);
});
