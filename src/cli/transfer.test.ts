import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { startInstance, type TestInstance } from '../../test/testing/instance.ts';
import { invoke, invokeJson, runProcess } from './testing/command.ts';
import { at, contents, exported, folder, removeFolders } from './testing/transfer.ts';

let first: TestInstance;
let second: TestInstance;

/** Changes everything that can differ from the seed. */
async function setUp({ api, urls, signInAtDesk }: TestInstance): Promise<void> {
  await api('POST', '/people', {
    persona: 'ada',
    givenName: 'Ada',
    familyName: 'Testwell',
    roles: [
      {
        roleCode: 'S8000:G8000:R8001',
        roleName: '"Clinical":"Clinical Provision":"Nurse Access Role"',
        orgCode: 'ZZ901',
        orgName: 'Quill Lane Test Surgery',
        activities: [{ name: 'Amend Patient Demographics', code: 'B0825' }],
      },
    ],
  });
  // Moves a persona, and other unique values, to another person.
  await api('PATCH', '/people/nurse', { persona: null, professionalIds: { nmc: '12A3456B' } });
  await api('PATCH', '/people/clinician', { persona: 'nurse', disabled: true, title: '' });
  await api('DELETE', '/people/starter');
  await api('POST', '/products', {
    name: 'Mine.v2',
    apis: ['hello-world'],
    scopes: ['b', 'a'],
    limits: null,
  });
  await api('PATCH', '/products/canary-api', { limits: { quota: { limit: 5, timeunit: 'minute' } } });
  await api('POST', '/applications', {
    name: 'Own',
    profile: 'standard',
    platform: { callbackUrls: [`${urls.sample}/own`, 'http://localhost/cb'], products: ['Mine.v2'] },
    cis2: { redirectUris: [`${urls.api}?x=1`], backchannelLogoutUri: 'http://localhost:3000/out' },
  });
  await api('POST', '/applications/demo-native/revoke');
  await api('DELETE', '/applications/demo-combined');
  await api('POST', '/cards', { person: 'gp', pin: '765432' });
  await api('PATCH', '/cards/admin', { locked: true });
  await api('DELETE', '/cards/foreign');
  // A card that CIS has revoked, with its reason, and one that is ordered.
  await signInAtDesk('clinician');
  const act = (path: string, body: object) =>
    api('POST', `/registration-authority/cards${path}`, { actor: 'admin', ...body });
  const { card } = await api<{ card: { serial: string } }>('GET', '/agent');
  await act(`/${card.serial}/revoke`, { reason: 'keyCompromise' });
  await act('', { person: 'gp', serial: '900000000001', locked: true });
  // A card that was in the reader has keys, which are not exported.
  await signInAtDesk('locum');
}

before(async () => {
  [first, second] = await Promise.all([startInstance(), startInstance()]);
  await setUp(first);
});
after(async () => {
  await Promise.all([first.stop(), second.stop()]);
  removeFolders();
});

describe('a round trip by export and import', () => {
  test('restores exactly the state in a new instance with other ports', async () => {
    const one = await exported(first);
    const { imported } = await invokeJson<{ imported: Record<string, number> }>([
      'import',
      one,
      ...at(second),
    ]);
    const two = await exported(second);
    assert.deepEqual(contents(two), contents(one));
    assert.equal(imported.people, readdirSync(join(one, 'people')).length);

    await test('keeps the state of cards: revoked, ordered, issued', async () => {
      const cardsOf = async ({ api }: TestInstance) =>
        (
          await api<{ cards: { state: string; unlockable: boolean }[] }>(
            'GET',
            '/registration-authority/cards',
          )
        ).cards;
      const [here, there] = [await cardsOf(first), await cardsOf(second)];
      assert.deepEqual(here.map(({ state }) => state).sort(), ['active', 'ordered', 'revoked']);
      // Unblocking codes are encrypted by their installation; a card sends its own again with its new keys.
      const rest = (card: object) => ({ ...card, unlockable: false });
      assert.deepEqual(there.map(rest), here.map(rest));
      const refused = await second.call('PUT', '/readers/0/card', { card: 'clinician' });
      assert.ok(refused.status >= 400, JSON.stringify(refused));
      assert.match(String(refused.body.problem), /revoked/);
    });
    await test('lets people sign in with their cards and PINs', async () => {
      await second.signInAtDesk('gp', '765432');
      const { person } = await second.api<{ person: { uid: string } }>('GET', '/agent');
      assert.equal(person.uid, '656005750108');
    });
    await test('uses its own addresses for seeded applications', async () => {
      const { cis2 } = await second.api<{ cis2: { redirectUris: string[] } }>(
        'GET',
        '/applications/platform',
      );
      assert.deepEqual(cis2.redirectUris, [
        `${second.urls.api}/oauth2/callback`,
        `${second.urls.api}/oauth2.1/callback`,
      ]);
    });
    await test('changes nothing at a second import: no user is signed out', async () => {
      const tags = () =>
        Promise.all(
          ['people/gp', 'applications/platform', 'products/canary-api'].map(async (path) =>
            (await fetch(`${second.urls.console}/api/v1/${path}`)).headers.get('etag'),
          ),
        );
      const before = await tags();
      await invoke(['import', one, ...at(second)]);
      assert.deepEqual(await tags(), before);
      assert.equal((await second.api('GET', '/agent')).state, 'signedIn');
    });
    await test('works from the seed again', async () => {
      await second.api('POST', '/reset');
      assert.notDeepEqual(contents(await exported(second)), contents(one));
      await invoke(['import', one, ...at(second)]);
      assert.deepEqual(contents(await exported(second)), contents(one));
    });
  });

  test('is identical through the API alone', async () => {
    const state = await first.api('GET', '/export');
    assert.deepEqual((await second.call('POST', '/import', state)).status, 200);
    assert.deepEqual(await second.api('GET', '/export'), state);
  });
});

test('export and import restore any products and people', async () => {
  const products = fc.uniqueArray(
    fc.record({
      name: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,12}$/),
      apis: fc.array(fc.constantFrom('hello-world', 'oauth2'), { maxLength: 3 }),
      scopes: fc.array(fc.string({ unit: 'binary', maxLength: 20 }), { maxLength: 4 }),
      limits: fc.constantFrom(null, {}, { spikeArrest: { enabled: false, ratelimit: '5ps' } }),
    }),
    { selector: ({ name }) => name, maxLength: 8 },
  );
  const name = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
    .filter((text) => /^\P{Cc}+$/u.test(text));
  const people = fc.uniqueArray(
    fc.record({
      uid: fc.stringMatching(/^[1-9]\d{11}$/),
      persona: fc.constant(null),
      title: fc.constantFrom('', 'Dr'),
      givenName: name,
      familyName: name,
      roles: fc.constant([]),
      professionalIds: fc.constantFrom({}, { gmc: '1' }),
      disabled: fc.boolean(),
    }),
    { selector: ({ uid }) => uid, maxLength: 8 },
  );
  const seed = await second.api<{ people: object[] }>('GET', '/export');
  const run = async (state: { products: object[]; people: object[] }) => {
    await first.api('POST', '/import', { ...seed, ...state });
    const one = await exported(first);
    await invoke(['import', one, ...at(second)]);
    assert.deepEqual(contents(await exported(second)), contents(one));
  };
  try {
    await fc.assert(fc.asyncProperty(fc.record({ products, people }), run), { numRuns: 6 });
  } finally {
    for (const instance of [first, second]) await instance.api('POST', '/import', seed);
  }
});

test('export and import keep the order of more cards than fit in one line of the agent', async () => {
  const { signInAtDesk, api } = second;
  for (let made = 0; made < 200; made += 1)
    await api('POST', '/cards', { person: 'renew', pin: `9${100_000 + made}` });
  const state = await api<{ cards: { serial: string }[] }>('GET', '/export');
  assert.ok(JSON.stringify(state.cards).length > 65_536);
  await api('POST', '/reset');
  await api('POST', '/import', state);
  assert.deepEqual((await api<typeof state>('GET', '/export')).cards, state.cards);
  await signInAtDesk('renew', '9100199');
});

test('export reports that cards are unavailable without an agent', async () => {
  const others = 'cis,cis2,authorisation,gateway,console,sample';
  const alone = await startInstance({ only: others });
  const path = folder('alone');
  try {
    const refused = await runProcess(['export', path, ...at(alone)]);
    assert.deepEqual([refused.code, refused.out], [1, '']);
    assert.match(
      refused.err,
      /^No Identity Agent responds on this machine\..* Use --no-cards to leave the cards out\.\n$/,
    );
    assert.ok(!existsSync(path));
    assert.equal((await alone.call('GET', '/export')).status, 503);
    const before = await alone.api('GET', '/export?cards=false');
    const withCards = await first.api('GET', '/export');
    assert.equal((await alone.call('POST', '/import', withCards)).body.error, 'agent_unreachable');
    assert.deepEqual(await alone.api('GET', '/export?cards=false'), before);
    await invoke(['export', path, '--no-cards', ...at(alone)]);
    await invoke(['import', path, ...at(alone)]);
  } finally {
    await alone.stop();
  }
});
