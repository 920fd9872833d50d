import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, afterEach, beforeEach, describe, test } from 'node:test';
import { attach, followClock } from 'alongside/testing';
import { alongside } from 'alongside/testing/node';
import { startApplication } from './application.ts';

// Every member of the test kit, with one instance for the file.
const instance = await alongside({ after, afterEach });
const clinic = await startApplication(instance);
after(() => clinic.close());
beforeEach(() => instance.tidy());

const helloUser = (token: string) =>
  fetch(`${instance.urls.api}/hello-world/hello/user`, { headers: { authorization: `Bearer ${token}` } });
const hello = (kind: 'application' | 'user', token: string) =>
  fetch(`${instance.urls.api}/hello-world/hello/${kind}`, { headers: { authorization: `Bearer ${token}` } });

describe('the workstation', () => {
  for (const pattern of ['combined', 'separate'])
    test(`signs a person in at the application by the ${pattern} pattern`, async () => {
      const { state, person } = await instance.desk('gp');
      assert.deepEqual([state, person?.uid], ['signedIn', '656005750108']);
      const browser = instance.browser();
      const { status, text, url, hops } = await browser.goto(`${clinic.url}/sign-in/${pattern}`);
      assert.deepEqual([status, url], [200, `${clinic.url}/`]);
      assert.match(text, /Signed in: Quillfeather Harriet Dr/);
      assert.ok(hops.some((hop) => hop.startsWith(instance.urls.identityAgent)));
      assert.match(
        (await browser.goto(`${clinic.url}/patient?number=9000000009`)).text,
        /Smith, born 2010-10-22/,
      );
    });

  test('takes cards in and out, and knows people by name', async () => {
    await instance.card.insert('Harriet Quillfeather');
    assert.equal(
      (await instance.call<{ card: { persona: string } }>('GET', '/readers/0')).card.persona,
      'gp',
    );
    await instance.card.remove();
    assert.equal((await instance.call<{ card: unknown }>('GET', '/readers/0')).card, null);
    await assert.rejects(instance.card.insert('nures'), /Did you mean nurse\? There are cards of gp, /);
  });

  test('measures the time from start() to the first sign-in', () => {
    const { ready, signedIn } = instance.timings;
    assert.ok(ready !== null && signedIn !== null && ready > 100 && signedIn > ready);
  });
});

describe('people', () => {
  test('are added with a role by name and a card, and sign in', async () => {
    const ada = await instance.people.add({
      givenName: 'Ada',
      familyName: 'Testwell',
      role: 'Nurse Access Role',
    });
    const { person, role } = await instance.desk('Ada Testwell', { role: 'R8001' });
    assert.deepEqual([person?.uid, role?.orgCode], [ada.uid, 'A9A5A']);
    assert.match((await instance.browser().goto(`${clinic.url}/sign-in/combined`)).text, /TESTWELL Ada/i);
    await instance.people.remove(ada.uid);
    await assert.rejects(
      instance.people.add({ givenName: 'A', familyName: 'B', role: 'Pilot' }),
      /No one has the role Pilot\. Use one of .*R8001 \(Nurse Access Role\)/,
    );
  });
});

describe('tokens without a browser', () => {
  test('are of people', async () => {
    assert.equal((await hello('user', (await instance.tokens('gp')).access_token)).status, 200);
    await assert.rejects(instance.tokens('nobody-here'), /There is no person "nobody-here"/);
  });

  test('are of applications', async () => {
    assert.equal((await hello('application', (await instance.applicationTokens()).access_token)).status, 200);
  });

  test('are of citizens', async () => {
    const tokens = await instance.citizenTokens('9912003071');
    const { attributes } = await instance.call<{ attributes: { auth_level: string } }>(
      'POST',
      '/tokens/inspect',
      {
        token: tokens.access_token,
      },
    );
    assert.equal(attributes.auth_level, 'p9');
    await assert.rejects(instance.citizenTokens('9912003099'), /There is no citizen 9912003099/);
  });
});

describe('the clock', () => {
  test('ends an idle session of the application, and lets it refresh tokens', async () => {
    await instance.desk('gp');
    const browser = instance.browser();
    await browser.goto(`${clinic.url}/sign-in/combined`);
    await instance.clock.advance(11 * 60);
    const seen = instance.waitFor('authorisation.refresh');
    assert.match((await browser.goto(`${clinic.url}/patient?number=9000000009`)).text, /Smith/);
    assert.equal((await seen).outcome, 'ok');
    await instance.clock.advance(16 * 60);
    assert.match((await browser.goto(`${clinic.url}/`)).text, /Sign in/);
  });

  test('is followed by an application in another process', async () => {
    const program = [
      "import { followClock } from 'alongside/testing';",
      `const clock = await followClock(${JSON.stringify(instance.urls.console)});`,
      'while (new Date(clock.now()).getUTCFullYear() < 2030) await new Promise((then) => setTimeout(then, 20));',
    ].join('\n');
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'inherit' });
    await instance.clock.set(new Date('2030-01-31T09:00:00Z'));
    assert.equal(new Date(instance.clock.now()).getUTCFullYear(), 2030);
    assert.deepEqual(await once(child, 'exit'), [0, null]);
    await instance.clock.real();
    await assert.rejects(followClock('http://localhost:1'), /No running instance responds/);
  });
});

describe('failures', () => {
  test('are injected for the next requests', async () => {
    await instance.desk('gp');
    await instance.faults.on('platform-token-unavailable', { next: 1 });
    assert.match((await instance.browser().goto(`${clinic.url}/sign-in/combined`)).text, /Failed: /);
    assert.match((await instance.browser().goto(`${clinic.url}/sign-in/combined`)).text, /Signed in/);
    await instance.faults.on('platform-api-unavailable');
    await instance.faults.off('platform-api-unavailable');
    await assert.rejects(instance.faults.on('no-such-fault'), /fault/i);
  });

  test('are explained, also in the report of a failed test', async () => {
    const answer = await helloUser('wrong');
    const { fix, actor } = await instance.explain(answer.headers.get('x-message-id') ?? '');
    assert.deepEqual([answer.status, actor, fix.length > 0], [401, 'developer', true]);
    const report = await instance.report();
    assert.match(report, /ready after \d+ ms\n {2}signed in at the desk after \d+ ms/);
    assert.match(report, /Refused requests.*\n(?: {2}.*\n)* {2}Fix /);
    assert.ok(instance.log.length > 0);
  });

  test('of waiting name the other events', async () => {
    const none = assert.rejects(
      instance.waitFor(({ name }) => name === 'never', { timeout: 2_000 }),
      /There was no event wanted within 2000 ms\. These came: .*authorisation\.mint/,
    );
    await instance.tokens('gp');
    await none;
  });
});

test('another process attaches, and leaves the instance running', async () => {
  const other = await attach(instance.urls.console);
  assert.equal((await other.env()).ALONGSIDE_API_URL, instance.urls.api);
  await other.stop();
  assert.equal((await instance.call<{ version: string }>('GET', '/state')).version.length > 0, true);
});

test('a reset restores the seed', async () => {
  const { uid } = await instance.people.add({ givenName: 'Ada', familyName: 'Testwell', card: false });
  await instance.clock.advance(60);
  await instance.reset();
  await assert.rejects(instance.call('GET', `/people/${uid}`));
  assert.ok(Math.abs(instance.clock.now() - Date.now()) < 30_000);
  assert.equal((await hello('application', (await instance.applicationTokens()).access_token)).status, 200);
});
