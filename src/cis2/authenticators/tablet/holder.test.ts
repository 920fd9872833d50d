import assert from 'node:assert/strict';
import { after, afterEach, describe, test } from 'node:test';
import type { BrowserContext, Page } from 'playwright-core';
import { sql } from '../../../storage/database.ts';
import { Browser } from '../../testing/browser.ts';
import { alertOf, choice, claimsOf } from '../../testing/journey.ts';
import { gp, nurse, nurseRole } from '../../testing/people.ts';
import { softAssertion } from '../../testing/soft-authenticator.ts';
import { errorIn, questionIn, SoftTablet } from '../../testing/soft-tablet.ts';
import {
  startWebAuthnDesk,
  type VirtualAuthenticator,
  virtualAuthenticator,
  type WebAuthnDesk,
} from '../../testing/webauthn-desk.ts';
import { linkFor } from '../../testing/webauthn-wire.ts';
import { developmentAaguid, developmentRoot } from '../webauthn/policy.ts';
import type { WebAuthnBody } from '../webauthn/variants.ts';
import { type TabletBody, tabletTypes } from './protocol.ts';
import { tabletText } from './text.ts';

// Verification of the holder by WebAuthn, in a real browser with a virtual authenticator, and forged by a program.
const { app } = tabletText;
const trusted = { roots: [developmentRoot], aaguids: [developmentAaguid] };
const none = { roots: [], aaguids: [] };

let desk: WebAuthnDesk;
let second: BrowserContext | undefined;
let holder: VirtualAuthenticator;
afterEach(async () => {
  await second?.close();
  second = undefined;
  // The limit on a user's requests is tested elsewhere.
  await desk.cis2.database.run(sql("DELETE FROM counter WHERE name LIKE 'tablet:%'"));
  await desk.cis2.database.run(sql("DELETE FROM single_use WHERE kind = 'cis2-tablet-person'"));
});
const officer = { ...nurse, roles: [{ ...nurseRole, roleCode: 'S0080:G0450:R5080' }] };
const start = async (...settings: Parameters<typeof startWebAuthnDesk>): Promise<void> => {
  desk = await startWebAuthnDesk(...settings);
  desk.cis2.cis.people.set(officer.uid, officer);
};

/** Opens a tablet in another browser, with a platform authenticator. */
async function tabletPage(more: Parameters<typeof virtualAuthenticator>[1] = {}): Promise<Page> {
  second = await desk.chromium.newContext({ viewport: { width: 768, height: 1024 } });
  const page = await second.newPage();
  holder = await virtualAuthenticator(page, { transport: 'internal', ...more });
  return page;
}
const setUpHere = async (tablet: Page): Promise<void> => {
  await tablet.goto(await linkFor(desk.cis2, 'tablet', gp.uid, officer.uid));
  await tablet.getByRole('button', { name: 'Begin' }).click();
  await tablet.getByRole('button', { name: app.joinButton }).click();
};
const isSetUp = (tablet: Page) =>
  tablet.getByRole('heading', { name: 'Your new way to sign in is ready' }).waitFor();
const text = (name: string) => desk.page.locator(`[data-${name}]`).textContent();
/** Returns the code at the workstation. */
const ask = async (acr_values: string): Promise<string> => {
  await desk.fresh();
  await desk.page.goto(desk.cis2.authorizeUrl(desk.client, { acr_values }));
  await desk.page.getByRole('radio', { name: 'Tablet app' }).check();
  await desk.page.getByRole('button', { name: 'Continue' }).click();
  return (await text('code')) ?? '';
};
const answer = async (tablet: Page) => {
  await tablet.getByRole('button', { name: (await text('number')) ?? '', exact: true }).click();
};
const kept = async () => (await desk.credentials.of<TabletBody>(gp.uid, 'tablet')).at(-1);
const verifies = (isUserVerified: boolean) =>
  holder.cdp.send('WebAuthn.setUserVerified', { authenticatorId: holder.id, isUserVerified });

describe('holder of a tablet in production', () => {
  after(() => desk.stop());

  test('reaches level 2 without a trusted attestation', async () => {
    await start(none, {}, { development: false });
    const tablet = await tabletPage();
    await setUpHere(tablet);
    await isSetUp(tablet);
    const credential = await kept();
    assert.ok(credential?.body.holder);
    // Not offered for level 3.
    await desk.fresh();
    await desk.page.goto(desk.cis2.authorizeUrl(desk.client, { acr_values: 'AAL3_IOS' }));
    assert.equal(await desk.page.getByRole('radio', { name: 'Tablet app' }).count(), 0);
    await tablet.goto(`${desk.cis2.origin}/tablet#${await ask('AAL2_OR_AAL3_ANY')}`);
    await answer(tablet);
    const claims = await desk.claims();
    assert.deepEqual([claims.sub, claims.amr, claims.authentication_assurance_level], [gp.uid, ['IOS'], '2']);
    assert.ok(((await kept())?.body.holder?.key.counter ?? 0) > (credential.body.holder?.key.counter ?? 0));
  });
  test('refuses a tablet that cannot verify its holder', async () => {
    const tablet = await tabletPage({ hasUserVerification: false, isUserVerified: false });
    await setUpHere(tablet);
    await tablet.getByText(tabletText.enrolment.unverified).waitFor();
    const soft = await SoftTablet.create(desk.cis2);
    await soft.of(gp.uid);
    const reply = await soft.open(await ask('AAL2_OR_AAL3_ANY'));
    assert.deepEqual([reply.status, errorIn(reply)], [403, 'unknown_tablet']);
  });
  test('reaches level 3 with a trusted attestation of an accepted model', async () => {
    await desk.stop();
    await start(trusted, {}, { development: false });
    const tablet = await tabletPage();
    await setUpHere(tablet);
    await isSetUp(tablet);
    await tablet.goto(`${desk.cis2.origin}/tablet#${await ask('AAL3_IOS')}`);
    await answer(tablet);
    const claims = await desk.claims();
    assert.deepEqual([claims.acr, claims.authentication_assurance_level], ['AAL3_IOS', '3']);
  });
  test('registers the holder of a tablet that joins by a scan', async () => {
    await desk.fresh();
    await desk.page.goto(await linkFor(desk.cis2, 'tablet', gp.uid, officer.uid));
    await desk.page.getByRole('button', { name: 'Begin' }).click();
    const address = await desk.page.locator('[data-address]').getAttribute('data-address');
    const tablet = await tabletPage();
    await tablet.goto(address ?? '');
    await verifies(false);
    await tablet.getByRole('button', { name: app.joinButton }).click();
    await tablet.getByText(app.unverified).waitFor();
    await verifies(true);
    await tablet.getByRole('button', { name: app.joinButton }).click();
    await tablet.getByRole('heading', { name: app.joinedTitle }).waitFor();
    await desk.page.getByRole('button', { name: tabletText.enrolment.yes }).click();
    await isSetUp(desk.page);
    assert.equal(
      (await kept())?.body.holder?.id,
      (await holder.credentials())
        .at(-1)
        ?.credentialId.replaceAll('+', '-')
        .replaceAll('/', '_')
        .replace(/=+$/, ''),
    );
  });
  test('reaches level 2 with a key that can be copied', async () => {
    const tablet = await tabletPage({ defaultBackupEligibility: true, defaultBackupState: true });
    await setUpHere(tablet);
    await isSetUp(tablet);
    await tablet.goto(`${desk.cis2.origin}/tablet#${await ask('AAL2_OR_AAL3_ANY')}`);
    await answer(tablet);
    assert.equal((await desk.claims()).authentication_assurance_level, '2');
  });
});

describe('unverified holder of a tablet', () => {
  after(() => desk.stop());

  test('lets the user try again after a failed verification', async () => {
    await start();
    const tablet = await tabletPage();
    await setUpHere(tablet);
    await isSetUp(tablet);
    await tablet.goto(`${desk.cis2.origin}/tablet#${await ask('AAL3_IOS')}`);
    await tablet.getByText('is signing in to').waitFor();
    await verifies(false);
    await answer(tablet);
    await tablet.getByText(app.unverified).waitFor();
    assert.equal(desk.page.url().includes('/tablet/wait'), true);
    await verifies(true);
    await answer(tablet);
    assert.equal((await desk.claims()).sub, gp.uid);
  });

  /** A program in place of the app, with the tablet's key and the holder's key, at a workstation without a real browser. */
  const soft = async () => {
    const { key, id } = await desk.give('passkey');
    const known = await desk.credentials.get<WebAuthnBody>(id);
    const tablet = await SoftTablet.create(desk.cis2);
    assert.ok(known?.lookup);
    const body = { ...known.body, shared: false, counter: 5 };
    await tablet.of(gp.uid, { holder: { id: known.lookup, key: body } });
    const workstation = new Browser();
    const at = await choice(desk.cis2, workstation, desk.client, { acr_values: 'AAL3_IOS' });
    const waiting = (await workstation.get(`${at}/tablet`)).location;
    const look = () => workstation.get(waiting);
    const code = /data-code>([A-Z-]+)</.exec((await look()).body)?.[1] ?? '';
    const question = questionIn(await tablet.open(code));
    const number = /data-number>(\d\d)</.exec((await look()).body)?.[1] ?? '';
    const { request, nonce } = question;
    const said = (more = {}) =>
      softAssertion(key, { challenge: nonce, origin: desk.cis2.origin, counter: 6, ...more });
    const send = async (claims: object) =>
      tablet.send(
        '/tablet/answer',
        await tablet.sign(tabletTypes.answer, { request, nonce, number, ...claims }),
      );
    return { said, send, look };
  };
  test('accepts the right answer of a program', async () => {
    const { said, send, look } = await soft();
    assert.equal((await send({ holder: said() })).status, 200);
    assert.equal((await claimsOf(desk.cis2, desk.client, await look())).sub, gp.uid);
  });
  const forgeries: [string, (said: Awaited<ReturnType<typeof soft>>['said']) => unknown][] = [
    ['no assertion', () => undefined],
    ['text', () => 'yes'],
    ['another challenge', (said) => said({ challenge: 'x'.repeat(43) })],
    ['another origin', (said) => said({ origin: 'https://evil.example.test' })],
    ['another relying party', (said) => said({ rpId: 'evil.example.test' })],
    ['a page framed by another site', (said) => said({ crossOrigin: true })],
    ['an unverified user', (said) => said({ flags: { uv: false } })],
    ['another credential', (said) => said({ id: 'AAAA' })],
    ['a counter that went back', (said) => said({ counter: 5 })],
  ];
  for (const [name, forge] of forgeries)
    test(`refuses ${name} and ends the sign-in`, async () => {
      const { said, send, look } = await soft();
      const reply = await send({ holder: forge(said) });
      assert.deepEqual([reply.status, errorIn(reply)], [403, 'holder_unverified']);
      assert.equal((await send({ holder: said() })).status, 404);
      assert.equal(alertOf(await look()), tabletText.desk.denied);
    });
  test('refuses a tablet that is removed while its holder is verified', async () => {
    const { said, send, look } = await soft();
    // The answer is taken first, after the tablet was found.
    await desk.cis2.database.run(
      sql(
        "CREATE TRIGGER removed AFTER UPDATE OF used_at ON single_use BEGIN UPDATE credential SET revoked_at = 1 WHERE kind = 'tablet'; END",
      ),
    );
    const reply = await send({ holder: said() });
    await desk.cis2.database.run(sql('DROP TRIGGER removed'));
    assert.deepEqual([reply.status, errorIn(reply)], [403, 'unknown_tablet']);
    assert.equal(alertOf(await look()), tabletText.desk.denied);
  });
  test('denies a sign-in without verifying the holder', async () => {
    const { send, look } = await soft();
    assert.equal((await send({ number: 'no' })).status, 200);
    assert.equal(alertOf(await look()), tabletText.desk.denied);
  });
});
