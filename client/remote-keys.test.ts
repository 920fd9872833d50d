import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { JWK } from 'jose';
import { jwtVerify, SignJWT } from 'jose';
import type { Fault } from './jwt-faults.ts';
import { publicKeySet } from './keys.ts';
import { createRemoteKeys } from './remote-keys.ts';
import { verifySigned } from './signed.ts';
import { testClock } from './testing/clock.ts';
import { privateKeyOf, rsaKey } from './testing/keys.ts';
import { serve } from './testing/server.ts';

const [first, second] = [rsaKey('first'), rsaKey('second')];
const publicHalf = (key: ReturnType<typeof rsaKey>): JWK[] => publicKeySet([{ ...key, alg: 'RS256' }]).keys;
const tokenBy = (key: ReturnType<typeof rsaKey>, kid: string | null = key.kid): Promise<string> =>
  new SignJWT({}).setProtectedHeader({ alg: 'RS256', kid: kid ?? undefined }).sign(privateKeyOf(key));

async function keyServer() {
  const state = { keys: publicHalf(first), answers: [] as JWK[][], fetches: 0, status: 200 };
  const server = await serve(() => (_request, response) => {
    state.fetches += 1;
    response.writeHead(state.status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ keys: state.answers.shift() ?? state.keys }));
  });
  const clock = testClock();
  const keys = createRemoteKeys({ url: async () => server.origin, fetch, clock })();
  const agreed = { keys, alg: 'RS256', clock, toleranceSeconds: 30 };
  const refuse = ({ reason }: Fault) => new Error(reason);
  const check = (token: string) => verifySigned(token, { ...agreed, refuse });
  return {
    state,
    clock,
    close: server.close,
    check,
    verify: async (token: string) => jwtVerify(token, keys),
  };
}

describe('createRemoteKeys', () => {
  test('fetches once for many tokens', async (t) => {
    const { state, verify, close } = await keyServer();
    t.after(close);
    const token = await tokenBy(first);
    await Promise.all([verify(token), verify(token), verify(token)]);
    await verify(token);
    assert.equal(state.fetches, 1);
  });

  test('fetches again at once if a token names a new key', async (t) => {
    const { state, verify, close } = await keyServer();
    t.after(close);
    await verify(await tokenBy(first));
    state.keys = [...publicHalf(first), ...publicHalf(second)];
    const token = await tokenBy(second);
    await Promise.all([verify(token), verify(token), verify(token)]);
    assert.equal(state.fetches, 2, 'once for all who need it');
  });

  test('limits fetches for forged key ids', async (t) => {
    const { state, clock, verify, close } = await keyServer();
    t.after(close);
    await verify(await tokenBy(first));
    for (let attempt = 0; attempt < 5; attempt += 1) {
      await assert.rejects(verify(await tokenBy(second, `forged-${attempt}`)), {
        code: 'ERR_JWKS_NO_MATCHING_KEY',
      });
    }
    assert.equal(state.fetches, 5);
    clock.advance(11);
    await assert.rejects(verify(await tokenBy(second)), { code: 'ERR_JWKS_NO_MATCHING_KEY' });
    assert.equal(state.fetches, 6);
  });

  test('finds a new key during a restart, in which one process still publishes the old keys', async (t) => {
    const { state, verify, close } = await keyServer();
    t.after(close);
    await verify(await tokenBy(first));
    await assert.rejects(verify(await tokenBy(second, 'forged')), { code: 'ERR_JWKS_NO_MATCHING_KEY' });
    state.answers = [publicHalf(first)];
    state.keys = [...publicHalf(first), ...publicHalf(second)];
    await verify(await tokenBy(second));
    assert.equal(state.fetches, 5);
  });

  test('fetches again after a while, so that a withdrawn key stops working', async (t) => {
    const { state, clock, verify, close } = await keyServer();
    t.after(close);
    const token = await tokenBy(first);
    await verify(token);
    state.keys = publicHalf(second);
    await verify(token);
    clock.advance(601);
    await assert.rejects(verify(token), { code: 'ERR_JWKS_NO_MATCHING_KEY' });
  });

  test('fetches again if a signature shows a new key without a new kid', async (t) => {
    for (const kid of [null, 'same']) {
      const { state, clock, check, close } = await keyServer();
      t.after(close);
      const set = (key: ReturnType<typeof rsaKey>) =>
        publicHalf(key).map((jwk) => ({ ...jwk, kid: kid ?? undefined }));
      state.keys = set(first);
      await check(await tokenBy(first, kid));
      state.keys = set(second);
      const token = await tokenBy(second, kid);
      await Promise.all([check(token), check(token), check(token)]);
      assert.equal(state.fetches, 2, 'once for all who need it');
      for (let attempt = 0; attempt < 5; attempt += 1) {
        await assert.rejects(check(await tokenBy(first, kid)), /signature/);
      }
      assert.equal(state.fetches, 5, 'not without end for forged signatures');
      clock.advance(11);
      state.status = 503;
      await assert.rejects(check(await tokenBy(first, kid)), /signature/);
      assert.equal(state.fetches, 6);
    }
  });

  test('blames the provider, not the token, for a malformed key set', async (t) => {
    const { state, check, close } = await keyServer();
    t.after(close);
    const nonsense: unknown[] = [{}, 'x', [7], null];
    for (const keys of nonsense) {
      state.keys = keys as JWK[];
      await assert.rejects(check(await tokenBy(first)), { code: 'metadata_invalid', received: 'status 200' });
    }
  });

  test('throws a separate error if the keys are unreachable, and fetches again', async (t) => {
    const { state, verify, close } = await keyServer();
    t.after(close);
    state.status = 503;
    await assert.rejects(verify(await tokenBy(first)), { code: 'metadata_invalid' });
    state.status = 200;
    await verify(await tokenBy(first));
  });
});
