import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { checkCallback, readCallback } from './callback.ts';
import { ClientError } from './errors.ts';
import { testClock } from './testing/clock.ts';
import { packTransaction, unpackTransaction } from './transaction.ts';

describe('checkCallback and readCallback', () => {
  test('read the parameters in any form that web frameworks provide', () => {
    const expected = { code: 'c+1', state: 's' };
    const inputs = [
      'https://app.example.test/callback?code=c%2B1&state=s&scope=x#y',
      '/callback?code=c%2B1&state=s',
      '?code=c%2B1&state=s',
      'code=c%2B1&state=s',
      new URL('https://app.example.test/callback?code=c%2B1&state=s'),
      new URLSearchParams({ code: 'c+1', state: 's' }),
      { code: 'c+1', state: ['s'], other: undefined },
    ];
    for (const input of inputs) assert.deepEqual(readCallback(input), expected);
  });

  test('refuse repeated and oversized parameters', () => {
    for (const name of ['code', 'state', 'error', 'iss']) {
      assert.throws(() => readCallback(`?${name}=1&${name}=1`), { code: 'callback_invalid' });
    }
    assert.throws(() => readCallback('x'.repeat(20_000)), { code: 'callback_invalid' });
    const long = { code: 'x'.repeat(5000), state: 's' };
    assert.throws(() => checkCallback(long, { state: 's' }), { code: 'callback_invalid' });
  });

  test('compare the issuer, if any, also of errors', () => {
    const asked = { state: 's', issuer: 'https://a.test:443' };
    assert.equal(checkCallback({ code: 'c', state: 's', iss: 'https://a.test:443' }, asked), 'c');
    assert.equal(checkCallback({ code: 'c', state: 's' }, asked), 'c');
    const mixed = { error: 'access_denied', state: 's', iss: 'https://a.test' };
    assert.throws(() => checkCallback(mixed, asked), { code: 'issuer_mismatch' });
    assert.throws(() => checkCallback({ code: 'c', state: 's' }, { ...asked, issuerRequired: true }), {
      code: 'issuer_mismatch',
    });
  });

  test('return a code or throw an error of the library for any input', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.webUrl({ withQueryParameters: true }), fc.webQueryParameters()),
        (text) => {
          try {
            const code = checkCallback(readCallback(text), { state: 's' });
            assert.ok(code.length > 0);
          } catch (error) {
            assert.ok(error instanceof ClientError, String(error));
          }
        },
      ),
    );
  });
});

describe('unpackTransaction', () => {
  const clock = testClock();
  const whole = {
    kind: 'cis2',
    state: 's',
    startedAt: clock.now(),
    verifier: 'v',
    nonce: 'n',
    maxAge: 300,
    fresh: true,
  } as const;

  test('restores what packTransaction stored', () => {
    assert.deepEqual(unpackTransaction('cis2', packTransaction(whole), clock), whole);
  });

  test('refuses a transaction of another flow or an expired one', () => {
    assert.throws(() => unpackTransaction('combined', packTransaction(whole), clock), {
      code: 'transaction_invalid',
    });
    const ahead = packTransaction({ ...whole, startedAt: clock.now() + 1000 });
    assert.ok(unpackTransaction('cis2', ahead, clock), 'clocks of two processes differ a little');
    for (const minutes of [16, -16]) {
      const packed = packTransaction({ ...whole, startedAt: clock.now() + minutes * 60_000 });
      assert.throws(() => unpackTransaction('cis2', packed, clock), { code: 'transaction_expired' });
    }
  });

  test('refuses malformed values', () => {
    fc.assert(
      fc.property(fc.anything(), fc.string(), (value, text) => {
        const packed = Buffer.from(JSON.stringify(value) ?? '').toString('base64url');
        for (const nonsense of [value, text, packed]) {
          assert.throws(() => unpackTransaction('cis2', nonsense, clock), { code: 'transaction_invalid' });
        }
      }),
    );
    const wrong = Buffer.from(JSON.stringify({ ...whole, maxAge: 'x' })).toString('base64url');
    assert.throws(() => unpackTransaction('cis2', wrong, clock), { code: 'transaction_invalid' });
  });
});
