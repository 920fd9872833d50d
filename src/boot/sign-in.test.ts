import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { OperatorError } from '@alongside/kernel/operator';
import { signInSettings } from './sign-in.ts';

test('signInSettings has no other provider and no tablet networks by default', () => {
  const { providers, tabletNetworks } = signInSettings({ signInProviders: undefined, tabletNetworks: [] });
  assert.deepEqual(providers, []);
  assert.equal(tabletNetworks.includes('10.1.2.3'), false);
});

test('signInSettings reads providers from the file and networks from the list', () => {
  const folder = mkdtempSync(join(tmpdir(), 'alongside-sign-in-'));
  try {
    const file = join(folder, 'providers.json');
    const provider = { label: 'Mail', issuer: 'https://mail.example.test', clientId: 'x', clientSecret: 'y' };
    writeFileSync(file, JSON.stringify({ providers: [provider] }));
    const { providers, tabletNetworks } = signInSettings({
      signInProviders: file,
      tabletNetworks: ['10.1.0.0/16'],
    });
    assert.deepEqual(
      providers.map(({ id, label }) => [id, label]),
      [['federated', 'Mail']],
    );
    assert.equal(tabletNetworks.includes('10.1.2.3'), true);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('signInSettings reports an unreadable file in one sentence', () => {
  assert.throws(
    () => signInSettings({ signInProviders: '/nowhere/providers.json', tabletNetworks: [] }),
    OperatorError,
  );
  for (const wrong of ['ward', '10.0.0.0/1', '10.0.0.0/99'])
    assert.throws(
      () => signInSettings({ signInProviders: undefined, tabletNetworks: [wrong] }),
      /networks of desks/,
    );
});
