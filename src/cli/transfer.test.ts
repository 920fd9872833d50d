import assert from 'node:assert/strict';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { startInstance, type TestInstance } from '../../test/support/instance.ts';
import { invoke, invokeJson, runProcess } from './command.fixture.ts';

const root = mkdtempSync(join(tmpdir(), 'alongside-transfer-'));
let first: TestInstance;
let second: TestInstance;
let count = 0;
const folder = (name: string): string => join(root, `${++count}-${name}`);
const at = ({ state }: TestInstance): string[] => ['--state', state.stateFile];

/** Every file below a folder with its bytes. */
const contents = (path: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((file) => [file.slice(path.length + 1), readFileSync(file, 'utf8')]),
  );

async function exported(instance: TestInstance, ...flags: string[]): Promise<string> {
  const path = folder('export');
  await invoke(['export', path, ...flags, ...at(instance)]);
  return path;
}

const change = (path: string, edit: (value: Record<string, unknown>) => void): void => {
  const value = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  edit(value);
  writeFileSync(path, JSON.stringify(value));
};

/** Everything that can be set up otherwise than in the seed. */
async function setUp({ api, urls, signInAtDesk }: TestInstance): Promise<void> {
  await api('POST', '/people', {
    persona: 'ada',
    givenName: 'Ada',
    familyName: 'Testwell',
    roles: [
      {
        ...{ roleCode: 'S8000:G8000:R8001', roleName: '"Clinical":"Clinical Provision":"Nurse Access Role"' },
        ...{ orgCode: 'ZZ901', orgName: 'Quill Lane Test Surgery' },
        activities: [{ name: 'Amend Patient Demographics', code: 'B0825' }],
      },
    ],
  });
  // A persona changes hands, and so does what only one may have.
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
  // A card that was in the reader has keys, which stay here.
  await signInAtDesk('locum');
}

before(async () => {
  [first, second] = await Promise.all([startInstance(), startInstance()]);
  await setUp(first);
});
after(async () => {
  await Promise.all([first.stop(), second.stop()]);
  rmSync(root, { recursive: true });
});

describe('a round trip', () => {
  test('brings exactly the state into a fresh instance at other ports', async () => {
    const one = await exported(first);
    const { imported } = await invokeJson<{ imported: Record<string, number> }>([
      'import',
      one,
      ...at(second),
    ]);
    const two = await exported(second);
    assert.deepEqual(contents(two), contents(one));
    assert.equal(imported.people, readdirSync(join(one, 'people')).length);

    await test('whose people sign in with their cards and PINs', async () => {
      await second.signInAtDesk('gp', '765432');
      const { person } = await second.api<{ person: { uid: string } }>('GET', '/agent');
      assert.equal(person.uid, '656005750108');
    });
    await test('whose seeded applications answer at its own addresses', async () => {
      const { cis2 } = await second.api<{ cis2: { redirectUris: string[] } }>(
        'GET',
        '/applications/platform',
      );
      assert.deepEqual(cis2.redirectUris, [
        `${second.urls.api}/oauth2/callback`,
        `${second.urls.api}/oauth2.1/callback`,
      ]);
    });
    await test('and nothing changes when it is brought a second time: nobody is signed out', async () => {
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
    await test('and back to the seed and to it again', async () => {
      await second.api('POST', '/reset');
      assert.notDeepEqual(contents(await exported(second)), contents(one));
      await invoke(['import', one, ...at(second)]);
      assert.deepEqual(contents(await exported(second)), contents(one));
    });
  });

  test('through the API alone is identical, too', async () => {
    const state = await first.api('GET', '/export');
    assert.deepEqual((await second.call('POST', '/import', state)).status, 200);
    assert.deepEqual(await second.api('GET', '/export'), state);
  });
});

test('a round trip of any products and people is identical', async () => {
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

describe('the folder', () => {
  test('has a file for each thing, readable by its owner alone, sorted, without secrets of the day', async () => {
    const path = await exported(first);
    const files = contents(path);
    for (const name of [
      'people/656005750108',
      'products/+mine.v2',
      'applications/platform',
      'patients/9000000009',
    ])
      assert.ok(`${name}.json` in files, name);
    assert.equal(statSync(join(path, 'applications/platform.json')).mode & 0o777, 0o600);
    const names = Object.keys(JSON.parse(files['people/656005750108.json'] ?? '') as object);
    assert.deepEqual(names, [...names].sort());
    const all = Object.values(files).join('');
    assert.doesNotMatch(all, /privateKey|certificate|PRIVATE|765432/);
    assert.ok(!all.includes(first.urls.api));
  });

  test('of an earlier export is brought up to date, and only where it differs', async () => {
    const path = await exported(first);
    mkdirSync(join(path, '.git'));
    writeFileSync(join(path, 'README.md'), 'ours');
    writeFileSync(join(path, 'people/100000000000.json'), '{"uid":"100000000000"}');
    change(join(path, 'people/656005750108.json'), (person) => {
      person.title = 'other';
    });
    const untouched = join(path, 'people/656005750106.json');
    utimesSync(untouched, 1, 1);
    await invoke(['export', path, ...at(first)]);
    assert.deepEqual(
      { ...contents(path), 'README.md': undefined },
      { ...contents(await exported(first)), 'README.md': undefined },
    );
    assert.equal(statSync(untouched).mtimeMs, 1000);
    assert.ok(existsSync(join(path, '.git')));
  });

  test('with files of somebody else in the way is left alone', async () => {
    const path = folder('foreign');
    mkdirSync(join(path, 'people'), { recursive: true });
    writeFileSync(join(path, 'people/friends.json'), '[]');
    await assert.rejects(
      invoke(['export', path, ...at(first)]),
      /is not an export\. Choose another folder\.$/,
    );
    const taken = folder('file');
    writeFileSync(taken, '');
    await assert.rejects(invoke(['export', taken, ...at(first)]), /cannot be written/);
  });

  test('leads nowhere else by links', async () => {
    const path = await exported(first);
    const outside = folder('outside');
    writeFileSync(outside, '{"uid":"656005750108"}');
    rmSync(join(path, 'people/656005750108.json'));
    symlinkSync(outside, join(path, 'people/656005750108.json'));
    await assert.rejects(invoke(['export', path, ...at(first)]), /not a plain file/);
    await assert.rejects(invoke(['import', path, ...at(second)]), /not a plain file/);
    assert.equal(readFileSync(outside, 'utf8'), '{"uid":"656005750108"}');

    const linked = await exported(first);
    cpSync(join(linked, 'people'), outside.concat('-folder'), { recursive: true });
    rmSync(join(linked, 'people'), { recursive: true });
    symlinkSync(outside.concat('-folder'), join(linked, 'people'));
    await assert.rejects(invoke(['import', linked, ...at(second)]), /not a plain folder/);
  });
});

describe('an import', () => {
  let good: string;
  before(async () => {
    good = await exported(second);
  });

  const refusals: [string, (path: string) => void, RegExp][] = [
    ['that is no export', (path) => rmSync(join(path, 'alongside.json')), /it has no alongside\.json/],
    [
      'of another version',
      (path) => change(join(path, 'alongside.json'), (m) => (m.version = 2)),
      /another version/,
    ],
    [
      'with a name that leads elsewhere',
      (path) => change(join(path, 'products/hello-world.json'), (p) => (p.name = '../../evil')),
      /"\.\.\/\.\.\/evil" cannot be the name of a file in products/,
    ],
    [
      'with a thing in the wrong file',
      (path) => change(join(path, 'people/656005750108.json'), (p) => (p.uid = '656005750000')),
      /holds what belongs into .*656005750000\.json/,
    ],
    [
      'with something else in it',
      (path) => writeFileSync(join(path, 'people/notes.txt'), ''),
      /not part of an export/,
    ],
    [
      'that is not JSON',
      (path) => writeFileSync(join(path, 'cards/1.json'), '{'),
      /cards\/1\.json is not JSON/,
    ],
    [
      'that is too long',
      (path) => writeFileSync(join(path, 'people/1.json'), `{"uid":"${'1'.repeat(1_048_576)}"}`),
      /more than 1048576 bytes/,
    ],
    [
      'whose person CIS refuses',
      (path) => change(join(path, 'people/656005750112.json'), (p) => (p.idAssuranceLevel = '9')),
      /"people\/656005750112\.json: idAssuranceLevel" must be "0", "1", "2" or "3"\.$/,
    ],
    [
      'whose persona is there twice',
      (path) => change(join(path, 'people/656005750112.json'), (p) => (p.persona = 'gp')),
      /"people\/656005750112\.json: persona" persona gp is there twice/,
    ],
    [
      'whose application has an address of another form',
      (path) =>
        change(
          join(path, 'applications/platform.json'),
          (a) => ((a.cis2 as { redirectUris: string[] }).redirectUris = ['{nobody}/x']),
        ),
      /"applications\/platform\.json: cis2\.redirectUris\.0" must be a plain address/,
    ],
    [
      'whose application lacks its secret',
      (path) =>
        change(
          join(path, 'applications/platform.json'),
          (a) => ((a.cis2 as { secrets: unknown[] }).secrets = []),
        ),
      /"applications\/platform\.json: cis2\.secrets" must not be empty/,
    ],
    [
      'whose client id is there twice',
      (path) =>
        change(
          join(path, 'applications/platform.json'),
          (a) => ((a.cis2 as { clientId: string }).clientId = 'demo-native'),
        ),
      /demo-native is there twice/,
    ],
    [
      'whose patient is none',
      (path) => change(join(path, 'patients/9000000009.json'), (p) => (p.history = null)),
      /"patients\/9000000009\.json: history"/,
    ],
    [
      'whose card the agent refuses',
      (path) => {
        const [card = ''] = readdirSync(join(path, 'cards'));
        change(join(path, 'cards', card), (c) => (c.profile = 'golden'));
      },
      /The card is not valid\. .*"profile" is not acceptable/,
    ],
  ];
  for (const [name, spoil, message] of refusals)
    test(`${name} is refused, and nothing is changed`, async () => {
      const path = folder('spoilt');
      cpSync(good, path, { recursive: true });
      // Something that a half import would leave behind.
      rmSync(join(path, 'people/656005750104.json'));
      rmSync(join(path, 'products/canary-api.json'));
      spoil(path);
      await assert.rejects(invoke(['import', path, ...at(second)]), { name: 'OperatorError', message });
      assert.deepEqual(contents(await exported(second)), contents(good));
    });

  test('without cards leaves those that are there alone', async () => {
    const path = await exported(first, '--no-cards');
    assert.ok(!existsSync(join(path, 'cards')));
    assert.equal(
      (JSON.parse(readFileSync(join(path, 'alongside.json'), 'utf8')) as { cards: null }).cards,
      null,
    );
    const cards = await second.api('GET', '/cards');
    const { imported } = await invokeJson<{ imported: { cards: null } }>(['import', path, ...at(second)]);
    assert.equal(imported.cards, null);
    assert.deepEqual(await second.api('GET', '/cards'), cards);
  });

  test('longer than the listener takes elsewhere is taken', async () => {
    const state = await second.api<{ people: object[]; patients: object[] }>('GET', '/export');
    assert.ok(JSON.stringify(state).length > 65_536);
    assert.equal((await second.call('POST', '/products', { name: 'x'.repeat(70_000) })).status, 413);
    const { status, body } = await second.call('POST', '/import', {
      ...state,
      patients: state.patients.slice(0, 3),
    });
    assert.deepEqual([status, (body.imported as { patients: number }).patients], [200, 3]);
  });
});

test('more cards than one line of the agent takes come back in their order, and the newest is meant', async () => {
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

test('without an agent the cards cannot be had, and that is said', async () => {
  const others = 'cis,cis2,authorisation,gateway,console,sample';
  const alone = await startInstance({ only: others });
  const path = folder('alone');
  try {
    const refused = await runProcess(['export', path, '--json', ...at(alone)]);
    assert.deepEqual([refused.code, refused.out], [1, '']);
    assert.match(
      refused.err,
      /^No Identity Agent of this machine answers\..* With --no-cards it goes without the cards\.\n$/,
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
