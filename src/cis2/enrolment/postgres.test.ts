import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sharePostgres, type TestDatabases } from '../../../test/testing/postgres.ts';
import { sql } from '../../storage/database.ts';
import { resetCredentials, seedCredentials } from '../authenticators/seed.ts';
import { Browser } from '../testing/browser.ts';
import { type Instance, startInstance } from '../testing/instance.ts';
import { gp } from '../testing/people.ts';
import { softAssertion, softAttestation } from '../testing/soft-authenticator.ts';
import { give, linkFor, onward, optionsOf } from '../testing/webauthn-wire.ts';

// All conditional writes, on PostgreSQL.
let postgres: TestDatabases;
let cis2: Instance;
before(async () => {
  postgres = await sharePostgres();
  cis2 = await startInstance({}, await postgres.create('cis2'), undefined, 'localhost');
});
after(async () => {
  await cis2.stop();
  await postgres.stop();
});

const own = { 'sec-fetch-site': 'same-origin' };
const ten = <T>(run: () => Promise<T>): Promise<T[]> => Promise.all(Array.from({ length: 10 }, run));
const winners = (replies: readonly { status: number }[], status: number) =>
  replies.filter((reply) => reply.status === status).length;

test('a link and its challenge are used once by ten simultaneous requests', async () => {
  const link = await linkFor(cis2, 'security-key', gp.uid);
  const begun = await ten(async () => {
    const browser = new Browser();
    return { browser, ...(await browser.post(link, {}, own)) };
  });
  assert.equal(winners(begun, 303), 1);
  const { browser, location } = begun.find(({ status }) => status === 303) ?? assert.fail();
  const { challenge } = optionsOf(await browser.get(location));
  const made = softAttestation({ challenge, origin: cis2.origin, rpId: 'localhost', id: 'QUJDREVGR0g' });
  const response = JSON.stringify(made);
  assert.equal(winners(await ten(() => browser.post(`${location}/answer`, { response }, own)), 200), 1);
});

test('a challenge of a sign-in is used once by ten simultaneous requests', async () => {
  const { key } = await give(cis2, 'security-key', gp.uid);
  const browser = new Browser();
  const client = await cis2.register();
  const { location } = await browser.get(cis2.authorizeUrl(client));
  const { challenge } = optionsOf(await browser.get(`${location}/security-key`));
  const response = JSON.stringify(softAssertion(key, { challenge, origin: cis2.origin }));
  const replies = await ten(() => browser.post(`${location}/security-key/answer`, { response }));
  assert.equal(replies.filter((reply) => onward(reply).includes('code=')).length, 1);
});

test('simultaneous processes seed once, and a reset restores the seed', async () => {
  const kept = async () => (await cis2.database.all(sql('SELECT 1 FROM credential'))).length;
  await cis2.database.run(sql('DELETE FROM credential'));
  await ten(() => seedCredentials(cis2));
  const count = await kept();
  assert.ok(count >= 4);
  await cis2.database.run(sql('DELETE FROM credential'));
  await seedCredentials(cis2);
  assert.equal(await kept(), 0);
  await resetCredentials(cis2);
  await seedCredentials(cis2);
  assert.equal(await kept(), count);
});
