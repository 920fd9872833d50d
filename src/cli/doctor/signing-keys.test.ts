import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ManualClock } from '@alongside/kernel/clock';
import { SigningKeys } from '@alongside/kernel/keys';
import { Vault } from '@alongside/kernel/secrets';
import { openDatabase } from '../../storage/dialects.ts';
import { StoredKeys } from '../../storage/signing-keys.ts';
import { proofProblem } from './data-folder.ts';

describe('the proof of a signing key', () => {
  test('verifies with its own key set only, for each algorithm', async (t) => {
    const database = await openDatabase(':memory:', '');
    t.after(() => database.close());
    const clock = new ManualClock(Date.UTC(2026, 6, 1));
    const store = new StoredKeys(database, new Vault(Buffer.alloc(32, 7)));
    const keys = new SigningKeys('cis2', store, clock);
    for (const algorithm of ['ES256', 'PS256'] as const) await keys.ensure(algorithm);
    const proofs = await keys.signEach({ iat: 1 }, 'test+jwt');
    assert.equal(proofs.length, 2);
    const set = await keys.jwks();
    for (const proof of proofs) assert.equal(await proofProblem(proof, set), undefined);

    const [proof = '', other = ''] = proofs;
    const without = { keys: set.keys.slice(1) };
    assert.match((await proofProblem(proof, without)) ?? '', /is not in the key set/);
    const [first, second] = set.keys;
    // The key of another installation with the same name.
    const swapped = {
      keys: [
        { ...second, kid: first?.kid },
        { ...first, kid: second?.kid },
      ],
    };
    for (const one of [proof, other])
      assert.match((await proofProblem(one, swapped)) ?? '', /does not verify with the key set/);
    assert.match((await proofProblem('nonsense', set)) ?? '', /cannot be read/);
  });
});
