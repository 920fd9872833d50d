import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { Vault } from '@alongside/kernel/secrets';
import { openHint, sealHint } from './sign-out.ts';

const hint = { sub: '1', audience: 'platform', sid: 's', expires: 1, name: 'Clinic' };

describe('a sealed hint', () => {
  test('is opened for its own request and installation alone', () => {
    const vault = new Vault(randomBytes(32));
    const sealed = sealHint(vault, 'state', hint);
    assert.deepEqual(openHint(vault, 'state', sealed), hint);
    assert.equal(openHint(vault, 'another', sealed), null);
    assert.equal(openHint(vault, undefined, sealed), null);
    assert.equal(openHint(new Vault(randomBytes(32)), 'state', sealed), null);
    assert.equal(openHint(vault, 'state', `${sealed.slice(0, -8)}AAAAAAAA`), null);
    assert.equal(openHint(vault, 'state', undefined), null);
  });
});
