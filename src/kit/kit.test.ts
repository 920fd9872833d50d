import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { verify, X509Certificate } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createCombined, platformAt } from '../../client/index.ts';
import { launchBrowser } from '../../test/testing/browser.ts';
import { type Alongside, attach, followClock, start } from './index.ts';
import { openInstance } from './instance.ts';
import { startInstanceProcess } from './instance-process.ts';
import { alongside } from './node.ts';

describe('the test kit', () => {
  let instance: Alongside;
  before(async () => {
    instance = await start();
  });
  after(() => instance?.stop());

  /** A sign-in by the combined pattern in a new browser, up to the application's page. */
  const signIn = () => instance.browser().goto(`${instance.urls.sample}/sign-in/combined`);

  test('signs a person in at the desk, and a browser without a window by redirects alone', async () => {
    const { state, person } = await instance.desk('gp');
    assert.deepEqual([state, person?.uid], ['signedIn', '656005750108']);
    const code = instance.waitFor('cis2.code');
    const { status, text, hops, url } = await signIn();
    assert.equal(status, 200);
    assert.match(text, /656005750108/);
    assert.ok(hops.some((hop) => hop.startsWith(instance.urls.identityAgent)));
    assert.ok(url.startsWith(instance.urls.sample));
    assert.equal((await code).outcome, 'ok');
    await instance.card.remove();
  });

  test('posts a form of the page that its browser shows, and of another site if asked', async () => {
    await instance.desk('gp');
    const { sample } = instance.urls;
    const browser = instance.browser();
    await browser.goto(`${sample}/sign-in/combined`);
    const find = { method: 'POST', body: 'nhs-number=9000000009' } as const;
    assert.match((await browser.goto(`${sample}/patient`, find)).text, /Smith/i);
    const foreign = { method: 'POST', crossSite: true } as const;
    await browser.goto(`${sample}/sign-out`, foreign);
    assert.match((await browser.goto(sample)).text, /Find patient/);
    await browser.goto(`${sample}/sign-out`, { method: 'POST' });
    assert.doesNotMatch((await browser.goto(sample)).text, /Find patient/);
    await instance.card.remove();
  });

  test('signs documents as a person, also after another, and reports a wrong PIN', async () => {
    const documents = ['YQ==', { id: 'mine', payload: 'Yg==' }];
    for (const person of ['gp', 'nurse']) {
      const { signatures, certificate } = await instance.sign(person, documents);
      const { publicKey } = new X509Certificate(Buffer.from(certificate, 'base64'));
      assert.equal(signatures[1]?.id, 'mine');
      for (const [index, text] of ['a', 'b'].entries()) {
        const signature = Buffer.from(signatures[index]?.signature ?? '', 'base64');
        assert.ok(verify('sha256', Buffer.from(text), publicKey, signature));
      }
    }
    const { signatures } = await instance.sign('nurse', ['YQ=='], { algorithm: 'RS1' });
    assert.equal(signatures.length, 1);
    await assert.rejects(instance.sign('nurse', ['YQ=='], { pin: '000000' }), /wrong|attempts/i);
    await assert.rejects(instance.sign('nurse', []), /1 to 250/);
    await instance.card.remove();
  });

  test('enters a given PIN also if the person is signed in', async () => {
    await instance.desk('gp');
    await assert.rejects(
      instance.desk('gp', { pin: '000000' }),
      /^OperatorError: Wrong PIN: 2 attempts left\.$/,
    );
    assert.equal((await instance.desk('gp', { pin: '123456' })).state, 'signedIn');
    await instance.card.remove();
  });

  test('selects a role by its code, and names the roles that there are', async () => {
    const { role, roles } = await instance.desk('nurse', { role: 'R8001' });
    assert.equal(role?.roleId, roles.find(({ roleCode }) => roleCode.endsWith('R8001'))?.roleId);
    await instance.card.remove();
    await assert.rejects(instance.desk('nurse', { role: 'R1' }), /has no role R1\. There are: /);
    await instance.card.remove();
    await assert.rejects(instance.card.insert('nures'), /Did you mean nurse\? There are cards of /);
  });

  test('answers the pages for PIN and role in a real browser', async (t) => {
    const browser = await launchBrowser();
    t.after(() => browser.close());
    const page = await (await browser.newContext()).newPage();
    await instance.card.insert('nurse');
    await instance.signIn(page, `${instance.urls.sample}/sign-in/separate`);
    await page.getByRole('button', { name: 'Find patient' }).waitFor();
    await instance.card.remove();
    const again = await (await browser.newContext()).newPage();
    await instance.card.insert('gp');
    await assert.rejects(
      instance.signIn(again, `${instance.urls.sample}/sign-in/combined`, { pin: '000000' }),
      /asks again for the PIN/,
    );
    await instance.card.remove();
  });

  test('adds a person, who gets tokens without a sign-in', async () => {
    const { uid, displayName } = await instance.people.add({
      givenName: 'Ada',
      familyName: 'Testwell',
      persona: 'ada',
      roles: [
        {
          orgCode: 'A9A5A',
          roleCode: 'S8000:G8000:R8001',
          roleName: '"Clinical":"Clinical Provision":"Nurse Access Role"',
        },
      ],
    });
    assert.match(displayName, /TESTWELL/i);
    const { access_token: token } = await instance.tokens('ada');
    const answer = await fetch(`${instance.urls.api}/hello-world/hello/user`, {
      headers: { authorization: `Bearer ${token}` },
    });
    assert.equal(answer.status, 200);
    await instance.people.remove(uid);
    await assert.rejects(instance.tokens('ada'), /There is no person "ada"/);
    await assert.rejects(instance.people.remove('ada'), /There is no person "ada"/);
  });

  test('moves the clock, which the client library follows', async () => {
    const began = instance.clock.now();
    await instance.clock.advance(3_600);
    assert.ok(instance.clock.now() - began >= 3_600_000);
    await instance.clock.set(new Date('2030-01-31T09:00:00Z'));
    assert.equal(new Date(instance.clock.now()).toISOString().slice(0, 16), '2030-01-31T09:00');
    await instance.call('PUT', '/clock', { freeze: true });
    const followed = await followClock(instance.urls.console);
    const [stopped, later] = [followed.now(), await sleep(20, followed).then(({ now }) => now())];
    assert.equal(later, stopped);
    await instance.clock.real();
    assert.ok(Math.abs(instance.clock.now() - Date.now()) < 30_000);
  });

  test('registers an application and explains its refused request', async () => {
    const redirectUri = 'http://localhost:1/callback';
    const { platform } = await instance.application({
      name: 'Kit',
      platform: { callbackUrls: [redirectUri] },
    });
    const combined = createCombined({
      ...platformAt(`${instance.urls.api}/oauth2`),
      clientId: platform?.clientId ?? '',
      clientSecret: 'wrong',
      redirectUri,
    });
    assert.match(combined.begin().url, /client_id=/);
    const body = new URLSearchParams({
      grant_type: 'authorization_code',
      code: 'x',
      redirect_uri: redirectUri,
      client_id: platform?.clientId ?? '',
      client_secret: 'wrong',
    });
    const answer = await fetch(`${instance.urls.api}/oauth2/token`, { method: 'POST', body });
    const { message_id: id } = (await answer.json()) as { message_id: string };
    const { error, fix, actor } = await instance.explain(id);
    assert.match(error, /^authorisation\./);
    assert.ok(fix.length > 0);
    assert.equal(actor, 'developer');
  });

  test('switches a fault on for the next request, and resets', async () => {
    const { faults } = await instance.call<{ faults: { name: string; state: object | null }[] }>(
      'GET',
      '/faults',
    );
    const name = faults[0]?.name ?? '';
    const state = async () =>
      (await instance.call<typeof result>('GET', '/faults')).faults.find((fault) => fault.name === name)
        ?.state;
    const result = { faults };
    await instance.faults.on(name, { next: 2 });
    assert.deepEqual(await state(), { next: 2 });
    await instance.faults.off(name);
    assert.equal(await state(), null);
    await instance.faults.on(name);
    await instance.reset();
    assert.equal(await state(), null);
    await assert.rejects(
      instance.faults.on('platform-api-unavailble'),
      /There is no fault "platform-api-unavailble"\. Did you mean platform-api-unavailable\?/,
    );
  });

  test('lists the recorded events if the expected one does not occur', async () => {
    const none = instance.waitFor('cis2.never', { timeout: 500 });
    await fetch(`${instance.urls.api}/oauth2/token`, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    });
    await assert.rejects(
      none,
      /There was no event cis2\.never within 500 ms\. These came: .*client-credentials/,
    );
  });

  test('reports what was refused since the test began: neither earlier requests nor its own calls', async () => {
    const hello = (token: string) =>
      fetch(`${instance.urls.api}/hello-world/hello/user`, { headers: { authorization: `Bearer ${token}` } });
    const idOf = async (answer: Promise<Response>) => (await answer).headers.get('x-message-id') ?? 'none';
    const earlier = await idOf(hello('earlier'));
    assert.match(await instance.report(), new RegExp(earlier));
    await instance.tidy();
    assert.doesNotMatch(await instance.report(), /Refused requests|The last journey/);
    await instance.tokens('gp');
    await assert.rejects(instance.people.remove('nobody'));
    const own = await idOf(hello('own'));
    const report = await instance.report();
    assert.match(report, new RegExp(own));
    assert.doesNotMatch(report, new RegExp(`${earlier}|at DELETE /api/v1|authorisation\\.mint`));
  });

  test('attaches to a running instance and leaves it running', async () => {
    const attached = await attach(instance.urls.console);
    assert.deepEqual(attached.urls, instance.urls);
    const variables = await attached.env();
    assert.equal(variables.ALONGSIDE_API_URL, instance.urls.api);
    await attached.stop();
    assert.equal((await instance.call<{ version: string }>('GET', '/state')).version.length > 0, true);
    await assert.rejects(
      attach('http://localhost:1'),
      /No running instance responds at http:\/\/localhost:1/,
    );
    await assert.rejects(attach(instance.urls.sample), /is not the console of an instance/);
  });

  test('reports why an instance does not start', async () => {
    await assert.rejects(
      start({ args: ['--port-base', '99999'] }),
      /Alongside did not start: --port-base: must be/,
    );
    await assert.rejects(start({ timeout: 1 }), /it was not ready within 0\.001 s/);
  });
});

test('an instance that has ended reports the reason, and keeps its log', async () => {
  const command = fileURLToPath(new URL('../cli/main.ts', import.meta.url));
  const started = await startInstanceProcess({ program: [process.execPath, command] });
  const instance = await openInstance(started.state.urls.console, { ...started, began: performance.now() });
  // The log has a line once its end was read.
  await instance.report();
  process.kill(started.state.pid, 'SIGKILL');
  const reason = 'does not run any more: it ended with SIGKILL.';
  await assert.rejects(instance.desk('gp'), {
    message: `The instance at ${instance.urls.console} ${reason}`,
  });
  assert.match(await instance.report(), new RegExp(`${reason}[^]*The end of the log:\n  `));
  await instance.stop();
  const other = await start();
  await Promise.all([other.stop(), other.stop()]);
  await assert.rejects(other.tidy(), /does not run any more: it was stopped\.$/);
});

test('an instance for one test stops with it', async (t) => {
  let address = '';
  await t.test('a supplier’s test', async (inner) => {
    const instance = await alongside(inner);
    address = instance.urls.console;
    assert.equal((await fetch(`${address}/api/v1/state`)).status, 200);
  });
  await assert.rejects(fetch(address));
});

test('a process that does not stop its instance ends, and the instance with it', {
  timeout: 120_000,
}, async (t) => {
  const program = [
    `import { start } from ${JSON.stringify(new URL('./index.ts', import.meta.url))};`,
    'const instance = await start();',
    "await instance.desk('gp');",
    'console.log(instance.urls.console);',
  ].join('\n');
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], {
    signal: t.signal,
  });
  const address = stdout.trim();
  assert.match(address, /^http:/);
  const responds = () =>
    fetch(`${address}/api/v1/state`).then(
      () => true,
      () => false,
    );
  while (await responds()) await sleep(50, undefined, { signal: t.signal });
});
