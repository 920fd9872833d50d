import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { ClientError, OAuthError } from './errors.ts';
import { commandStore, keptTokens, type SecretStore } from './kept-tokens.ts';
import { testClock } from './testing/clock.ts';
import { TokenSet } from './tokens.ts';

/** Returns the words of a program in place of the system's tool. */
const node = (code: string, ...words: string[]) => [process.execPath, '-e', code, ...words] as const;

describe('tokens kept by the operating system', () => {
  let folder: string;
  let file: string;
  let store: SecretStore;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kept-'));
    file = join(folder, 'tokens');
    store = {
      read: () => readFile(file, 'utf8').catch(() => undefined),
      write: (text) => writeFile(file, text, { mode: 0o600 }),
      remove: () => rm(file, { force: true }),
    };
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

  describe('by two processes', () => {
    let renewals: string[] = [];
    const refuse = async (): Promise<never> => {
      throw new OAuthError({ error: 'invalid_grant', status: 400 });
    };
    const renew = async ({ refreshToken = '' }: TokenSet) => {
      assert.ok(!renewals.includes(refreshToken), 'a refresh token is single use');
      renewals.push(refreshToken);
      return set(`renewed-${renewals.length}`);
    };
    beforeEach(async () => {
      renewals = [];
      signIns = 0;
      await store.remove();
    });

    test('are renewed by one of them, and the other uses its set', async () => {
      const [one, other] = [await start(renew), await start(renew)];
      assert.equal(signIns, 1);
      clock.advance(590);
      assert.equal(await one.freshToken(), 'access-renewed-1');
      assert.equal(await other.freshToken(), 'access-renewed-1');
      clock.advance(590);
      assert.equal(await other.freshToken(), 'access-renewed-2');
      assert.equal(await one.replace('access-renewed-1'), 'access-renewed-2');
      clock.advance(590);
      await other.freshToken();
      clock.advance(700);
      assert.equal(await one.freshToken(), 'access-renewed-4', 'also if the set of the other has expired');
    });

    test('are those of the other, which renewed them in the same moment', async () => {
      const other = await start(renew);
      const one = await start(async () => {
        await other.replace('access-first');
        return refuse();
      });
      assert.equal(await one.replace('access-first'), 'access-renewed-1');
      assert.match((await store.read()) ?? '', /refresh-renewed-1/);
    });

    test('are removed when the server refuses to renew them, so that the next start signs in', async () => {
      const fresh = await start(refuse);
      await assert.rejects(fresh.replace('access-first'), { code: 'sign_in_required' });
      assert.equal(await store.read(), undefined);
      assert.equal(await (await start()).freshToken(), 'access-first');
      assert.equal(signIns, 2);
    });

    test('stay when the server cannot be reached', async () => {
      const fresh = await start(async () => {
        throw new ClientError('network', 'The server could not be reached.');
      });
      await assert.rejects(fresh.replace('access-first'), { code: 'network' });
      assert.match((await store.read()) ?? '', /refresh-first/);
    });
  });

  test('are gone when they are removed', async () => {
    await store.remove();
    assert.equal(await store.read(), undefined);
  });

  test('are kept by three programs of the system', async () => {
    const programs = commandStore({
      read: node('fs.createReadStream(process.argv[1]).pipe(process.stdout)', file),
      write: node('process.stdin.pipe(fs.createWriteStream(process.argv[1]))', file),
      remove: node('fs.rmSync(process.argv[1])', file),
    });
    assert.equal(await programs.read(), undefined);
    await programs.write('a token');
    assert.equal(await programs.read(), 'a token');
    await programs.remove();
    assert.equal(await programs.read(), undefined);
  });

  test('report a program that fails or does not exist, without showing the tokens', async () => {
    const fails = node('process.exit(1)');
    const failing = { read: fails, write: fails, remove: ['/nonexistent/tool'] } as const;
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
