import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Answer, json } from './answer.ts';
import { check, namedAfter, type Passed, type Steps, steps } from './steps.ts';

interface Call {
  challenge?: string;
}

const checkOrigin = check('origin', async function checkOrigin(_call: Call): Promise<void> {});

const checkPkce = check('pkce', async function checkPkce({ challenge }: Call) {
  return challenge === undefined ? json(400, { error: 'no challenge' }) : { verified: challenge };
});

async function giveCode({ verified }: { verified: string } & Passed<'origin' | 'pkce'>): Promise<Answer> {
  return json(200, { verified });
}

describe('steps', () => {
  test('run without waiting until one returns a promise', async () => {
    const seen: string[] = [];
    const list = steps<object>('test.waiting')
      .step(
        check('first', function first() {
          seen.push('first');
          return { one: 1 };
        }),
      )
      .step(async function second({ one }: { one: number } & Passed<'first'>) {
        seen.push('second');
        await undefined;
        return { two: one + 1 };
      })
      .step(function third({ two }) {
        seen.push('third');
        return json(200, two);
      });
    const answer = list.run({});
    assert.deepEqual(seen, ['first', 'second']);
    assert.equal((await answer).body, '2');
  });

  test('wait for anything that can be awaited', async () => {
    const refusing: PromiseLike<never> = {
      // biome-ignore lint/suspicious/noThenProperty: what this test is about.
      then: (_fulfilled, rejected) => Promise.reject(new Error('no')).then(null, rejected),
    };
    const list = steps<object>('test.thenable')
      .step(() => refusing)
      .step(() => json(200, {}));
    await assert.rejects(list.run({}), /no/);
  });

  test('reject with what a step throws at once', async () => {
    const list = steps<object>('test.throws').step(function throws(): Answer {
      throw new Error('no');
    });
    await assert.rejects(list.run({}), /no/);
  });
});

describe('check', () => {
  test('runs the step unchanged and marks the steps behind it', async () => {
    const list = steps<Call>('test.code').step(checkOrigin).step(checkPkce).step(giveCode);
    assert.deepEqual(list.checks, ['origin', 'pkce']);
    assert.deepEqual(list.names, ['checkOrigin', 'checkPkce', 'giveCode']);
    assert.equal((await list.run({ challenge: 'x' })).body, '{"verified":"x"}');
    assert.equal((await list.run({})).status, 400);
  });

  test('makes a dropped or a late check a type error', () => {
    const list = steps<Call>('test.code');
    // @ts-expect-error Property 'passed origin' is missing.
    list.step(checkPkce).step(giveCode);
    // @ts-expect-error Property 'passed pkce' is missing.
    list.step(checkOrigin).step(giveCode);
    // @ts-expect-error Property 'passed origin' is missing.
    list.step(checkPkce).step(giveCode).step(checkOrigin);
  });

  test('keeps the mark through a generic step, a shared part and a wrapper', async () => {
    const authenticate = check('client', async function authenticate<K>({ find }: { find(): K }): Promise<K> {
      return find();
    });
    const part = <Start, Known extends Call>(list: Steps<Start, Known>) =>
      list.step(checkOrigin).step(checkPkce);
    const wrapped = <K, R>(step: (known: K) => R) =>
      namedAfter(step, async (known: K): Promise<Awaited<R>> => await step(known));
    const list = steps<Call & { find(): { client: string } }>('test.generic')
      .step(wrapped(authenticate))
      .use(part)
      .step(async function answer({ client }: { client: string } & Passed<'client' | 'origin' | 'pkce'>) {
        return json(200, { client });
      });
    assert.deepEqual(list.checks, ['client', 'origin', 'pkce']);
    assert.deepEqual(list.names, ['authenticate', 'checkOrigin', 'checkPkce', 'answer']);
    const answer = await list.run({ challenge: 'x', find: () => ({ client: 'one' }) });
    assert.equal(answer.body, '{"client":"one"}');
  });
});
