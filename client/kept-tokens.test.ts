import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { commandStore, keptTokens, type SecretStore } from './kept-tokens.ts';
import { testClock } from './testing/clock.ts';
import { TokenSet } from './tokens.ts';

describe('tokens kept by the operating system', () => {
  let folder: string;
  let file: string;
  let store: SecretStore;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kept-'));
    file = join(folder, 'tokens');
    store = commandStore({
      read: ['sh', '-c', 'cat "$0"', file],
      write: ['sh', '-c', 'umask 077; cat > "$0"', file],
      remove: ['rm', '-f', file],
    });
  });
  after(() => rm(folder, { recursive: true }));

  const clock = testClock();
  const set = (name: string, seconds = 600) =>
    new TokenSet({
      accessToken: `access-${name}`,
      refreshToken: `refresh-${name}`,
      expiresAt: clock.now() + seconds * 1000,
      refreshExpiresAt: clock.now() + 3_600_000,
    });
  let signIns = 0;
  const start = (refresh = async (tokens: TokenSet) => tokens) =>
    keptTokens({
      store,
      clock,
      refresh,
      async signIn() {
        signIns += 1;
        return set('first');
      },
    });

  test('are used again without a sign-in, and each new set is stored before it is used', async () => {
    assert.equal(await store.read(), undefined);
    assert.equal(await (await start()).freshToken(), 'access-first');
    clock.advance(590);
    const renewed = await start(async (tokens) => {
      assert.equal(tokens.refreshToken, 'refresh-first');
      return set('second');
    });
    assert.equal(await renewed.freshToken(), 'access-second');
    assert.match(await readFile(file, 'utf8'), /refresh-second/);
    assert.equal(await (await start()).freshToken(), 'access-second');
    assert.equal(signIns, 1);
  });

  test('are replaced by a sign-in if they are damaged or their refresh token has expired', async () => {
    for (const text of ['not JSON', '{"accessToken":1}', '']) {
      await writeFile(file, text);
      signIns = 0;
      assert.equal(await (await start()).freshToken(), 'access-first');
      assert.equal(signIns, 1);
    }
    clock.advance(3_601);
    await start();
    assert.equal(signIns, 2);
  });

  test('are gone when they are removed', async () => {
    await store.remove();
    assert.equal(await store.read(), undefined);
  });

  test('cannot be kept by a program that fails or does not exist, and say so without the tokens', async () => {
    const failing = { read: ['false'], write: ['false'], remove: ['/nonexistent/tool'] } as const;
    const broken = commandStore(failing);
    assert.equal(await broken.read(), undefined);
    for (const attempt of [() => broken.write('secret-text'), () => broken.remove()])
      await assert.rejects(attempt, (error: Error & { code: string }) => {
        assert.equal(error.code, 'settings_invalid');
        assert.doesNotMatch(error.message, /secret-text/);
        return true;
      });
  });
});
