import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import { ClientError, OAuthError } from './errors.ts';
import { keepFresh } from './fresh.ts';
import { testClock } from './testing/clock.ts';
import { TokenSet } from './tokens.ts';

const SECRETS = ['access-secret', 'refresh-secret', 'id-secret'];
const full = new TokenSet({
  accessToken: 'access-secret',
  expiresAt: 1_000,
  refreshToken: 'refresh-secret',
  idToken: 'id-secret',
  refreshCount: 2,
});

describe('TokenSet', () => {
  test('hides secrets however it is printed', () => {
    const printed = [
      JSON.stringify(full),
      JSON.stringify({ nested: [full] }),
      inspect(full, { showHidden: true, depth: 9 }),
      inspect({ full }),
      String(full),
      `${full}`,
      JSON.stringify({ ...full }),
    ];
    for (const text of printed) for (const secret of SECRETS) assert.ok(!text.includes(secret), text);
    assert.match(JSON.stringify(full), /"refreshCount":2/);
  });

  test('can be stored in a session and restored', () => {
    const stored: unknown = JSON.parse(JSON.stringify(full.reveal()));
    assert.deepEqual(TokenSet.restore(stored).reveal(), full.reveal());
    const spoilt = [{ expiresAt: '1' }, { refreshToken: {} }, { refreshExpiresAt: 'x' }].map((over) => ({
      ...full.reveal(),
      ...over,
    }));
    for (const nonsense of [undefined, null, {}, 'x', { accessToken: 1, expiresAt: 2 }, ...spoilt]) {
      assert.throws(() => TokenSet.restore(nonsense), { code: 'settings_invalid' });
    }
  });

  test('restores only known members, so that nothing else is printed', () => {
    const stored = { ...full.reveal(), clientSecret: 'stored along', sid: null };
    const back = TokenSet.restore(stored);
    assert.deepEqual(Object.keys(back.reveal()).sort(), [
      'accessToken',
      'expiresAt',
      'idToken',
      'refreshCount',
      'refreshToken',
    ]);
    assert.ok(!inspect(back).includes('stored along'));
  });

  test('keeps an unknown lifetime unknown when it is restored', () => {
    const restored = TokenSet.restore({ accessToken: 'a' });
    assert.deepEqual([restored.expiresAt, restored.secondsLeft()], [undefined, Number.POSITIVE_INFINITY]);
  });

  test('reports its remaining lifetime', () => {
    assert.equal(full.secondsLeft({ now: () => 0 }), 1);
    assert.equal(full.secondsLeft({ now: () => 1_500 }), 0);
    assert.equal(full.canRefresh({ now: () => 0 }), true);
  });
});

describe('keepFresh', () => {
  const clock = testClock();
  const set = (name: string, seconds = 600) =>
    new TokenSet({ accessToken: name, expiresAt: clock.now() + seconds * 1000 });

  test('refreshes once for concurrent callers, shortly before expiry', async () => {
    let refreshes = 0;
    const stored: string[] = [];
    const fresh = keepFresh(
      set('old', 600),
      async () => {
        refreshes += 1;
        await new Promise(setImmediate);
        return set(`new-${refreshes}`);
      },
      { clock, onChange: (tokens) => void stored.push(tokens.accessToken) },
    );
    assert.equal(await fresh.freshToken(), 'old');
    clock.advance(569);
    assert.equal(await fresh.freshToken(), 'old');
    clock.advance(1);
    const callers = await Promise.all(Array.from({ length: 50 }, () => fresh.freshToken()));
    assert.deepEqual(new Set(callers), new Set(['new-1']));
    assert.equal(refreshes, 1);
    assert.deepEqual(stored, ['new-1']);
    assert.equal(fresh.current().accessToken, 'new-1');
  });

  test('uses the old token after a transient failure while it is valid, and not after', async () => {
    const faults = [
      new ClientError('network', 'x'),
      new OAuthError({ error: 'server_error', status: 503 }),
      new OAuthError({ error: 'x', status: 429 }),
    ];
    for (const fault of faults) {
      const fresh = keepFresh(set('old', 20), () => Promise.reject(fault), { clock });
      assert.equal(await fresh.freshToken(), 'old');
      const over = keepFresh(set('old', 0), () => Promise.reject(fault), { clock });
      await assert.rejects(over.freshToken(), fault);
    }
  });

  test('requires a new sign-in after a refused refresh token, and does not send it again', async () => {
    let refusals = 0;
    const refuse = async () => {
      refusals += 1;
      throw new OAuthError({ error: 'invalid_grant', status: 401 });
    };
    const fresh = keepFresh(set('old', 20), refuse, { clock });
    const callers = await Promise.allSettled([fresh.freshToken(), fresh.freshToken()]);
    const errors = callers.map((caller) => (caller.status === 'rejected' ? caller.reason : undefined));
    assert.equal(errors[0], errors[1]);
    assert.equal(errors[0].code, 'sign_in_required');
    await assert.rejects(fresh.freshToken(), { code: 'sign_in_required' });
    assert.equal(refusals, 1);
  });

  test('stores a set in the next call if storing it failed, before it is used', async () => {
    let refreshes = 0;
    const stored: string[] = [];
    let full = true;
    const fresh = keepFresh(
      set('old', 0),
      async () => {
        refreshes += 1;
        return set(`new-${refreshes}`);
      },
      {
        clock,
        onChange: async (tokens) => {
          if (full) throw new Error('the session store is full');
          stored.push(tokens.accessToken);
        },
      },
    );
    await assert.rejects(fresh.freshToken(), /store is full/);
    full = false;
    assert.equal(await fresh.freshToken(), 'new-1');
    assert.deepEqual([refreshes, stored], [1, ['new-1']]);
  });
});
