import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { bothDialects } from '../../../test/testing/dialects.ts';
import { startInstance, type TestInstance } from '../../../test/testing/instance.ts';
import { Browser, type Landing } from '../../kit/browser.ts';
import { documents, Prescriber } from '../testing/prescriber.ts';

/** A signature request, and a browser with the proof of its person, which the service has not seen. */
interface Proven {
  token: string;
  browser: Browser;
  response: string;
}

for (const [dialect, open] of bothDialects())
  describe(`a presence check that something disturbs, on ${dialect}`, () => {
    let instance: TestInstance;
    let app: Prescriber;
    let callback: string;
    let page: URL;
    before(async () => {
      instance = await startInstance({ database: await open() });
      callback = `${instance.urls.sample}/prescriber/callback`;
      page = new URL(`${instance.urls.api}/signing-service/presence`);
    });
    after(() => instance?.stop());
    beforeEach(async () => {
      await instance.call('DELETE', '/readers/0/card');
      await instance.signInAtDesk('gp');
      app = await new Prescriber(instance).signIn();
    });

    async function ask(count = 1): Promise<string> {
      const { body } = await app.request(await app.jws({ payloads: documents(count) }));
      return body.token ?? assert.fail(JSON.stringify(body));
    }

    const decide = (browser: Browser, token: string, decision: string): Promise<Landing> =>
      browser.post(page.href, new URLSearchParams({ token, decision }), page);

    /** Presses Sign and enters the PIN in a new browser, which stops at the response of CIS2. */
    async function prove(token: string): Promise<Proven> {
      const browser = new Browser([`${instance.urls.api}/signing-service/callback`]);
      const asked = await decide(browser, token, 'sign');
      await instance.api('POST', '/agent/pin', { pin: '123456' });
      const { kind, url } = await browser.go(asked.url.href);
      assert.equal(kind, 'callback');
      browser.stopAt(callback);
      return { token, browser, response: url.href };
    }

    /** How often the audit log has an action with this number of documents. */
    async function recordsOf(action: string, count: number): Promise<number> {
      const { records } = await instance.api<{ records: { detail: { documents?: number } }[] }>(
        'GET',
        `/audit?action=${action}&limit=200`,
      );
      return records.filter(({ detail }) => detail.documents === count).length;
    }

    test('signs once when two proofs arrive at the same moment, and all browsers get that outcome', async () => {
      const token = await ask(7);
      const [one, two] = [await prove(token), await prove(token)];
      const landings = await Promise.all(
        Array.from({ length: 20 }, (_, n) => (n % 2 === 0 ? one : two)).map(({ browser, response }) =>
          browser.fork().go(response),
        ),
      );
      const back = landings.filter(({ kind }) => kind === 'callback');
      assert.equal(back.length, 2, 'each response of CIS2 counts once');
      for (const { url } of back) assert.equal(url.href, `${callback}?token=${token}`);
      assert.equal((await app.response(token)).status, 200);
      assert.equal(await recordsOf('signing.signed', 7), 1);
      assert.equal(await recordsOf('signing.presence-checked', 7), 1);
    });

    test('has one outcome when the user signs in one tab and declines in others at the same moment', async () => {
      for (let round = 0; round < 3; round += 1) {
        const count = 11 + round;
        const { token, browser, response } = await prove(await ask(count));
        await Promise.all([
          browser.fork().go(response),
          ...Array.from({ length: 4 }, () => decide(browser.fork(), token, 'decline')),
        ]);
        const { status } = await app.response(token);
        const [signed, refused] = [
          await recordsOf('signing.signed', count),
          await recordsOf('signing.refused', count),
        ];
        assert.deepEqual([signed, refused], status === 200 ? [1, 0] : [0, 1]);
        const { url } = await browser.go(`${page.href}?token=${token}`);
        assert.equal(url.searchParams.get('error'), status === 200 ? null : 'access_denied');
      }
    });

    test('signs nothing when the smartcard is taken out while the PIN is asked, and once when it is back', async () => {
      const token = await ask(5);
      const browser = new Browser([`${instance.urls.api}/signing-service/callback`]);
      const asked = await decide(browser, token, 'sign');
      await instance.api('DELETE', '/readers/0/card');
      assert.equal((await instance.call('POST', '/agent/pin', { pin: '123456' })).status, 409);
      assert.equal((await browser.fork().go(asked.url.href)).kind, 'page');
      assert.equal((await app.response(token)).body.error, 'authorization_pending');
      await instance.api('PUT', '/readers/0/card', { card: 'gp' });
      // The session of the PIN before is over, so the card alone proves nothing.
      assert.equal((await browser.fork().go(asked.url.href)).kind, 'page');
      await instance.api('POST', '/agent/pin', { pin: '123456' });
      const { kind, url } = await browser.go(asked.url.href);
      assert.equal(kind, 'callback');
      browser.stopAt(callback);
      assert.equal((await browser.go(url.href)).url.href, `${callback}?token=${token}`);
      assert.equal((await app.response(token)).body.signatures?.length, 5);
      assert.equal(await recordsOf('signing.signed', 5), 1);
    });

    test('signs nothing with a smartcard that was reported lost after the request', async (t) => {
      await instance.call('DELETE', '/readers/0/card');
      const { serial } = await instance.api<{ serial: string }>('POST', '/cards', {
        person: 'gp',
        pin: '654321',
      });
      t.after(() => instance.call('DELETE', `/cards/${serial}`));
      await instance.api('PUT', '/readers/0/card', { card: serial });
      const token = await ask(5);
      const browser = new Browser([callback]);
      const asked = await decide(browser, token, 'sign');
      await instance.api('POST', `/registration-authority/cards/${serial}/revoke`, {
        actor: 'admin',
        reason: 'keyCompromise',
      });
      await instance.call('POST', '/agent/pin', { pin: '654321' });
      const landing = await browser.go(asked.url.href);
      assert.ok(landing.kind === 'page');
      assert.match(landing.body, /This card has been revoked/);
      assert.equal((await app.response(token)).body.error, 'authorization_pending');
    });

    test('makes a new key after a reset, and keeps it when the same people are imported', async () => {
      const signedWith = async () => {
        const { token, browser, response } = await prove(await ask());
        await browser.go(response);
        return (await app.response(token)).body.certificate ?? assert.fail();
      };
      const stateOf = async () => (await instance.api<{ state: string }>('GET', '/people/gp/signing')).state;
      const before = await signedWith();
      await instance.api('POST', '/reset');
      assert.equal(await stateOf(), 'none');
      await instance.signInAtDesk('gp');
      await app.signIn();
      const next = await signedWith();
      assert.notEqual(next, before);
      await instance.api('POST', '/import', await instance.api('GET', '/export'));
      assert.equal(await signedWith(), next);
      assert.equal(await stateOf(), 'valid');
    });
  });
