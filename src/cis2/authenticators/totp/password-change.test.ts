import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Browser, type Reply } from '../../testing/browser.ts';
import { cheapHash } from '../../testing/cheap-hash.ts';
import { startInstance } from '../../testing/instance.ts';
import { choice, give, next } from '../../testing/journey.ts';
import { gp } from '../../testing/people.ts';
import { codeAt, newSecret } from './codes.ts';

const own = { 'sec-fetch-site': 'same-origin' };
const [before, after] = ['green lamp sofa', 'quiet river stone'];
const stepIn = ({ body }: Reply) => /name="step" value="([^"]+)"/.exec(body)?.[1] ?? '';
const secretIn = ({ body }: Reply) => (/data-secret>([A-Z2-7 ]+)</.exec(body)?.[1] ?? '').replaceAll(' ', '');

test('changes the password at /account only soon after a sign-in with the current one', async (t) => {
  const cis2 = await startInstance();
  t.after(() => cis2.stop());
  const client = await cis2.register();
  const secret = newSecret();
  const body = { email: gp.email, hash: cheapHash(before), lastStep: null };
  await give(cis2, { uid: gp.uid, kind: 'totp', label: 'App', lookup: gp.email, body, secret });

  const signIn = async (
    password: string,
    of: string,
    browser = new Browser(),
  ): Promise<Browser | undefined> => {
    const at = await choice(cis2, browser, client, { acr_values: 'AAL2_TOTP' });
    const first = await browser.post(`${at}/totp/password`, { email: gp.email, password });
    const digits = codeAt(of, cis2.clock.now());
    const second = next(await browser.post(`${at}/totp/code`, { step: stepIn(first), code: digits }));
    return /[?&]code=/.test(second.location) ? browser : undefined;
  };
  const add = (browser: Browser) => browser.post(`${cis2.origin}/account/add`, { kind: 'totp' }, own);

  const browser = (await signIn(before, secret)) ?? assert.fail('the current password signs in');
  cis2.clock.advance(301);
  assert.match((await add(browser)).body, /url=[^"]*\/account\/sign-in\?again=/);

  const again = (await signIn(before, secret)) ?? assert.fail('the current password still signs in');
  const { location } = await add(again);
  const fresh = secretIn(await again.get(location));
  const form = { password: after, repeat: after, code: codeAt(fresh, cis2.clock.now()) };
  assert.equal((await again.post(`${location}/answer`, form, own)).status, 200);

  cis2.clock.advance(30);
  assert.equal(await signIn(before, fresh), undefined);
  assert.equal(await signIn(before, secret), undefined);
  assert.ok(await signIn(after, fresh));
});
