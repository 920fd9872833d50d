import assert from 'node:assert/strict';
import { after, afterEach, beforeEach, test } from 'node:test';
import { alongside } from 'alongside/testing/node';

const instance = await alongside({ after, afterEach });
beforeEach(() => instance.tidy());

const hello = (token: string) =>
  fetch(`${instance.urls.api}/hello-world/hello/user`, { headers: { authorization: `Bearer ${token}` } });

test('an API alone: a token without a sign-in, until it expires', async () => {
  const { access_token: token } = await instance.tokens('gp');
  assert.equal((await hello(token)).status, 200);
  await instance.clock.advance(601);
  assert.equal((await hello(token)).status, 401);
});

test('a person of your own, with a card', async () => {
  const { uid } = await instance.people.add({ givenName: 'Ada', familyName: 'Testwell', role: 'R8001' });
  const { person } = await instance.desk('Ada Testwell');
  assert.equal(person?.uid, uid);
});

test('an outage of the next request only', async () => {
  const { access_token: token } = await instance.tokens('gp');
  await instance.faults.on('platform-api-unavailable', { next: 1 });
  assert.equal((await hello(token)).status, 503);
  assert.equal((await hello(token)).status, 200);
});

test('the card leaves the reader, and CIS2 ends the session', async () => {
  await instance.desk('gp');
  await instance.browser().goto(`${instance.urls.sample}/sign-in/separate`);
  // The platform has a session there too, and is notified as well.
  const ended = instance.waitFor(
    ({ name, detail }) => name === 'cis2.backchannel-logout' && detail.client === 'demo-separate',
  );
  await instance.card.remove();
  assert.equal((await ended).outcome, 'ok');
});

test('a form of the application, and the same form of another site', async () => {
  await instance.desk('gp');
  const browser = instance.browser();
  await browser.goto(`${instance.urls.sample}/sign-in/combined`);
  const form = { method: 'POST', body: 'nhs-number=9000000009' } as const;
  // A form of the page that the browser shows; with crossSite, it lacks the session cookie.
  assert.match((await browser.goto(`${instance.urls.sample}/patient`, form)).text, /Smith/);
  const foreign = await browser.goto(`${instance.urls.sample}/patient`, { ...form, crossSite: true });
  assert.doesNotMatch(foreign.text, /Smith/);
});

test('the reason of a refusal', async () => {
  const refused = await hello('wrong');
  const { description, fix } = await instance.explain(refused.headers.get('x-message-id') ?? '');
  assert.ok(description.length > 0 && fix.length > 0);
});
