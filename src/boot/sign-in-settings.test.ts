import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { OperatorError } from '@alongside/kernel/operator';
import { developmentRoot } from '../cis2/authenticators/webauthn/policy.ts';
import { signInSettings, webAuthnSettings } from './sign-in-settings.ts';

describe('signInSettings', () => {
  test('contains neither another provider nor tablet networks by default', () => {
    const { providers, tabletNetworks } = signInSettings({ signInProviders: undefined, tabletNetworks: [] });
    assert.deepEqual(providers, []);
    assert.equal(tabletNetworks.includes('10.1.2.3'), false);
  });

  test('reads providers from the file and networks from the list', () => {
    const folder = mkdtempSync(join(tmpdir(), 'alongside-sign-in-'));
    try {
      const file = join(folder, 'providers.json');
      const provider = {
        label: 'Mail',
        issuer: 'https://mail.example.test',
        clientId: 'x',
        clientSecret: 'y',
      };
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

  test('reports an unreadable file in one sentence', () => {
    assert.throws(
      () => signInSettings({ signInProviders: '/nowhere/providers.json', tabletNetworks: [] }),
      OperatorError,
    );
    for (const wrong of ['ward', '10.0.0.0/1', '10.0.0.0/99'])
      assert.throws(
        () => signInSettings({ signInProviders: undefined, tabletNetworks: [wrong] }),
        /tablet-networks .* is invalid/,
      );
  });
});

describe('webAuthnSettings', () => {
  const folder = mkdtempSync(join(tmpdir(), 'alongside-webauthn-'));
  after(() => rmSync(folder, { recursive: true }));
  const file = (text: string) => {
    const path = join(folder, 'roots.pem');
    writeFileSync(path, text);
    return path;
  };
  const of = (config: Partial<Parameters<typeof webAuthnSettings>[0]>) =>
    webAuthnSettings({
      webauthnRoots: undefined,
      webauthnModels: undefined,
      webauthnPasskeyLevel: 2,
      ...config,
    });

  test('leaves unset values to CIS2', () => assert.deepEqual(of({}), { passkeyLevel: 2 }));

  test('reads every certificate of the file, whatever is between them', () => {
    const roots = file(`# one\n${developmentRoot}\n# two\n${developmentRoot}`);
    assert.equal(of({ webauthnRoots: roots }).roots?.length, 2);
    const models = ['01020304-0506-0708-0102-030405060708'];
    assert.deepEqual(of({ webauthnModels: models, webauthnPasskeyLevel: 3 }), {
      passkeyLevel: 3,
      aaguids: models,
    });
  });

  test('refuses a file without a certificate and a missing file', () => {
    assert.throws(() => of({ webauthnRoots: file('nothing') }), /has no root/);
    assert.throws(() => of({ webauthnRoots: join(folder, 'nowhere') }), /cannot be read/);
  });
});
