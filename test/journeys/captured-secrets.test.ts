import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Journey, JourneySummary, Message } from '../../src/journeys/model.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';
import { Navigator } from '../testing/navigate.ts';

/** Values that a JSON text of journeys must not have, by what they are. */
const secretsOf = (seen: ReadonlyMap<string, string>): Map<string, string> =>
  new Map([
    ['the PIN', '246813'],
    ['the secret of demo-combined', 'demo-combined-development-secret'],
    ['the secret of the platform', 'alongside-platform-development-secret'],
    ['a wrong secret', 'marked-wrong-secret-0123456789'],
    ['an unknown parameter', 'marked-parameter-0123456789'],
    ['a password', 'Marked-Pass'],
    ...seen,
  ]);

const isSignOut = ({ pattern, links }: Journey) => pattern === 'sign-out' && links.length > 0;

describe('captured requests and responses', () => {
  const folder = mkdtempSync(join(tmpdir(), 'alongside-captured-'));
  let instance: TestInstance;
  before(async () => {
    instance = await startInstance({ ephemeral: false, data: folder });
  });
  after(async () => {
    await instance?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** The bytes of all files of the data folder, such as the database and its log. */
  const bytes = (): Buffer[] =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .map((name) => join(folder, name))
      .filter((path) => statSync(path).isFile())
      .map((path) => readFileSync(path));

  const details = async (): Promise<Journey[]> => {
    const { journeys } = await instance.api<{ journeys: JourneySummary[] }>('GET', '/journeys');
    return Promise.all(journeys.map(({ id }) => instance.api<Journey>('GET', `/journeys/${id}`)));
  };
  const post = (path: string, form: Record<string, string>, headers: Record<string, string> = {}) =>
    fetch(`${instance.urls.api}${path}`, { method: 'POST', headers, body: new URLSearchParams(form) });

  test('have no PIN, secret, code, token, cookie value or signature', async () => {
    await instance.api('PATCH', '/cards/gp', { pin: '246813' });
    await instance.signInAtDesk('gp', '135791').catch(() => undefined);
    await instance.api('POST', '/agent/pin', { pin: '246813' });
    const seen = new Map<string, string>();
    for (const pattern of ['combined', 'separate']) {
      const browser = new Navigator();
      const { answer } = await browser.go(`${instance.urls.sample}/sign-in/${pattern}`);
      await browser.go(`${instance.urls.sample}/patient?nhs-number=9000000009`);
      assert.equal(answer.status, 200);
    }
    const minted = await instance.api<{ accessToken?: string; access_token?: string }>('POST', '/tokens', {
      application: 'demo-combined',
      person: 'gp',
    });
    const token = String(minted.accessToken ?? minted.access_token);
    seen.set('an access token', token);
    await fetch(`${instance.urls.api}/personal-demographics/FHIR/R4/Patient/9000000009`, {
      headers: { authorization: `Bearer ${token}`, cookie: 'marked=marked-cookie-0123456789' },
    });
    seen.set('a cookie', 'marked-cookie-0123456789');
    const wrong = {
      grant_type: 'authorization_code',
      code: 'marked-code-0123456789',
      client_id: 'demo-combined-key-7Qm2Lx9TbV',
      client_secret: 'marked-wrong-secret-0123456789',
      redirect_uri: `${instance.urls.sample}/combined/callback`,
    };
    seen.set('a code', 'marked-code-0123456789');
    await post('/oauth2/token', { ...wrong, my_private_token: 'marked-parameter-0123456789' });
    await post('/oauth2/token', { ...wrong, password: 'Marked-Pass' });
    await post('/oauth2/token', wrong, {
      authorization: `Basic ${Buffer.from('user:marked-basic-0123456789').toString('base64')}`,
    });
    for (const [what, secret] of [
      ['a wrong secret', wrong.client_secret],
      ['an unknown parameter', 'marked-parameter-0123456789'],
      ['a password', 'Marked-Pass'],
    ] as const)
      seen.set(what, secret);
    seen.set('a Basic password', 'marked-basic-0123456789');
    seen.set('Basic credentials', Buffer.from('user:marked-basic-0123456789').toString('base64'));
    const text = JSON.stringify([await details(), await instance.events()]);
    for (const [what, secret] of secretsOf(seen)) assert.ok(!text.includes(secret), what);
    const stored = bytes();
    assert.ok(stored.some((content) => content.includes('authorisation.token.code')));
    for (const [what, secret] of seen)
      assert.ok(!stored.some((content) => content.includes(secret)), `${what} in the database`);
    // No JWT with a signature, and no address with an NHS number.
    assert.doesNotMatch(text, /eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}/);
    assert.doesNotMatch(text, /Patient\/9000000009/);
  });

  test('mark the same secret in each message, and decode tokens with the verdict of their signature', async () => {
    const combined = (await details()).find(
      ({ pattern, outcome }) => pattern === 'combined' && outcome === 'succeeded',
    );
    const messages = combined?.messages ?? [];
    const named = (name: string): Message | undefined => messages.find((message) => message.name === name);
    const sent = named('authorisation.code')?.request?.query?.find(({ name }) => name === 'code');
    const redeemed = named('authorisation.token.code')?.request?.form?.find(({ name }) => name === 'code');
    assert.match(sent?.value ?? '', /^[\w-]{4}… \(\d+ characters\)$/);
    assert.ok(sent?.mark);
    assert.equal(redeemed?.mark, sent?.mark);
    const [idToken] = named('cis2.token.code')?.response?.tokens ?? [];
    assert.equal(idToken?.name, 'id_token');
    assert.equal(idToken?.claims.sub, '656005750108');
    assert.deepEqual([idToken?.signature?.holds, idToken?.signature?.owner], [true, 'CIS2']);
    assert.equal(combined?.role, 'General Medical Practitioner at Alder Vale Test Practice (A9A5A)');
  });

  test('show a wrong secret with the received and the expected value', async () => {
    const refused = (await details()).find(({ outcome }) => outcome === 'refused');
    const message = refused?.messages.find(({ outcome }) => outcome === 'refused');
    assert.equal(message?.refusal?.headline, 'The client secret is wrong');
    assert.equal(message?.refusal?.received, 'a secret that begins with mark, 30 characters');
    assert.match(message?.refusal?.expected ?? '', /^the only secret of .*, made /);
    const offending = message?.request?.form?.find(({ name }) => name === 'client_secret');
    assert.equal(offending?.offending, true);
    const found = await instance.api<Message>('GET', `/messages/${message?.id}`);
    assert.equal(found.journey, refused?.id);
  });

  test('put the desk sign-in and the sign-out into journeys of their own, linked by the session', async () => {
    await instance.api('DELETE', '/readers/0/card');
    let journeys = await details();
    // The agent ends the session after its answer.
    for (let tries = 0; tries < 200 && !journeys.some(isSignOut); tries++) journeys = await details();
    const desk = journeys.find(({ pattern }) => pattern === 'desk');
    assert.equal(desk?.headline, 'Signed in as General Medical Practitioner, after one wrong PIN');
    const signOut = journeys.find(isSignOut);
    assert.ok(desk?.links.some(({ id, why }) => id === signOut?.id && why === 'sign-out'));
    const combined = journeys.find(
      ({ pattern, outcome }) => pattern === 'combined' && outcome === 'succeeded',
    );
    assert.ok(combined?.links.some(({ id, why }) => id === desk?.id && why === 'desk sign-in'));
  });
});
