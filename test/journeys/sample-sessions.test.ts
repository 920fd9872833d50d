import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startInstance, type TestInstance } from '../testing/instance.ts';
import { Navigator } from '../testing/navigate.ts';

let instance: TestInstance;
before(async () => {
  instance = await startInstance();
  await instance.signInAtDesk('gp');
});
after(() => instance?.stop());

test('a wrong NHS number is marked at its field, with the reason', async () => {
  const { sample } = instance.urls;
  const browser = new Navigator();
  await browser.go(`${sample}/sign-in/combined`);
  const { body } = await browser.submit(`${sample}/patient`, { 'nhs-number': '1234567890' });
  assert.match(body, /<p id="nhs-number-problem">That is not an NHS number/);
  assert.match(body, /aria-describedby="nhs-number-problem nhs-number-hint" aria-invalid="true"/);
  const found = await browser.submit(`${sample}/patient`, { 'nhs-number': '9000000009' });
  assert.doesNotMatch(found.body, /aria-invalid|nhs-number-problem/);
});

for (const [first, second] of [
  ['combined', 'separate'],
  ['separate', 'combined'],
  ['combined', 'combined'],
] as const) {
  test(`${first}, then ${second}: a new sign-in at the sample ends the old session`, async () => {
    const { sample } = instance.urls;
    const browser = new Navigator();
    const session = () => {
      const [, jar] = [...browser.jar].find(([host]) => host === new URL(sample).hostname) ?? [];
      return new Map([...(jar ?? [])].filter(([name]) => name.includes('session') && /sample/.test(name)));
    };
    await browser.go(`${sample}/sign-in/${first}`);
    const old = session();
    assert.equal(old.size, 1);
    const thief = new Navigator();
    thief.jar.set(new URL(sample).hostname, old);
    assert.match((await thief.go(`${sample}/`)).answer.body, /Find patient/);

    await browser.go(`${sample}/sign-in/${second}`);
    assert.notDeepEqual(session(), old, 'a new session id');
    assert.match((await browser.go(`${sample}/`)).answer.body, /Find patient/);
    assert.doesNotMatch((await thief.go(`${sample}/`)).answer.body, /Find patient/, 'the old one is dead');
    const patient = await thief.submit(`${sample}/patient`, { 'nhs-number': '9000000009' });
    assert.doesNotMatch(patient.body, /Smith/, 'and with it the way to its tokens');
  });
}
