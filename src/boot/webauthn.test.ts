import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { developmentRoot } from '../cis2/authenticators/webauthn/policy.ts';
import { webAuthnSettings } from './webauthn.ts';

const folder = mkdtempSync(join(tmpdir(), 'alongside-webauthn-'));
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

test('webAuthnSettings leaves unset values to CIS2', () => assert.deepEqual(of({}), { passkeyLevel: 2 }));

test('webAuthnSettings reads every certificate of the file, whatever is between them', () => {
  const roots = file(`# one\n${developmentRoot}\n# two\n${developmentRoot}`);
  assert.equal(of({ webauthnRoots: roots }).roots?.length, 2);
  const models = ['01020304-0506-0708-0102-030405060708'];
  assert.deepEqual(of({ webauthnModels: models, webauthnPasskeyLevel: 3 }), {
    passkeyLevel: 3,
    aaguids: models,
  });
});

test('webAuthnSettings refuses a file without a certificate and a missing file', () => {
  assert.throws(() => of({ webauthnRoots: file('nothing') }), /holds no root/);
  assert.throws(() => of({ webauthnRoots: join(folder, 'nowhere') }), /cannot be read/);
});
