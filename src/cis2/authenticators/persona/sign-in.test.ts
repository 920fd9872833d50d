import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Cis2Registration } from '../../../oauth/applications.ts';
import { Browser } from '../../testing/browser.ts';
import { type Instance, startInstance } from '../../testing/instance.ts';
import { alertOf, choice, claimsOf } from '../../testing/journey.ts';
import { gp, locum, nurse } from '../../testing/people.ts';
import { acrValues, authenticatorKinds } from '../registry.ts';
import { persona, reachFor } from './index.ts';

const reaches = authenticatorKinds.flatMap((kind) => kind.reaches);
let cis2: Instance;
let client: Cis2Registration;
before(async () => {
  cis2 = await startInstance();
  client = await cis2.register();
});
after(() => cis2.stop());

const as = async (uid: string, parameters: Record<string, string> = {}) => {
  const browser = new Browser();
  const at = await choice(cis2, browser, client, parameters);
  return browser.post(`${at}/persona/answer`, { uid });
};

describe('sign-in as a persona', () => {
  for (const acr of acrValues)
    test(`reaches ${acr}`, async () => {
      const claims = await claimsOf(cis2, client, await as(nurse.uid, { acr_values: acr }));
      const { level, methods } = reachFor(reaches, [acr]);
      assert.equal(claims.sub, nurse.uid);
      assert.equal(claims.acr, acr);
      assert.deepEqual(claims.amr, methods);
      assert.equal(claims.authentication_assurance_level, String(level));
      assert.ok(acr.includes(`AAL${level}`));
      assert.ok(
        acr.endsWith('_ANY') || methods.some((method) => `AAL${level}_${method}`.endsWith(acr.slice(4))),
      );
    });
  test('throws for an unknown class', () => {
    assert.throws(() => reachFor(reaches, ['AAL9_ANY']));
  });
  test('prefers the first requested class', () => {
    assert.deepEqual(reachFor(reaches, ['AAL2_TOTP', 'AAL3_ANY']), { level: 2, methods: ['TOTP'] });
  });
});

test('lists the people of the directory', async () => {
  const browser = new Browser();
  const at = await choice(cis2, browser, client);
  const { body } = await browser.get(`${at}/persona`);
  for (const { uid, displayName } of [gp, nurse, locum])
    assert.ok(body.includes(uid) && body.includes(displayName));
});

test('refuses people who are disabled or not in the directory', async () => {
  for (const uid of ['', '656005750199', '../people', '656005750108&', 'x'.repeat(50_000)])
    assert.equal(alertOf(await as(uid)), 'Choose a person.');
  cis2.cis.people.set('656005750198', { ...gp, uid: '656005750198', disabled: true });
  assert.match((await as('656005750198')).body, /error=access_denied/);
});

test('throws outside development', async () => {
  const nothing = {} as never;
  assert.throws(() =>
    persona({ cis: nothing, credentials: nothing, completeSignIn: nothing, reaches, development: false }),
  );
  const production = await startInstance({ development: false });
  try {
    const own = await production.register();
    const browser = new Browser();
    const at = await choice(production, browser, own);
    assert.ok(!(await browser.get(at)).body.includes('persona'));
    assert.equal((await browser.post(`${at}/persona/answer`, { uid: gp.uid })).location, at);
  } finally {
    await production.stop();
  }
});
