import assert from 'node:assert/strict';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startInstance, type TestInstance } from '../../test/testing/instance.ts';
import { invoke, invokeJson } from './testing/command.ts';
import { at, change, contents, exported, folder, removeFolders } from './testing/transfer.ts';

let instance: TestInstance;

before(async () => {
  instance = await startInstance();
  await instance.api('POST', '/products', { name: 'Mine.v2' });
  await instance.api('POST', '/cards', { person: 'gp', pin: '765432' });
  await instance.signInAtDesk('gp', '765432');
});
after(async () => {
  await instance.stop();
  removeFolders();
});

describe('writeExport', () => {
  test('writes a sorted file for each thing, readable by its owner only, without short-lived secrets', async () => {
    const path = await exported(instance);
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
    assert.doesNotMatch(all, /privateKey|"certificates?":|PRIVATE|765432/);
    assert.ok(!all.includes(instance.urls.api));
  });

  test('updates an earlier export only where it differs', async () => {
    const path = await exported(instance);
    mkdirSync(join(path, '.git'));
    writeFileSync(join(path, 'README.md'), 'ours');
    writeFileSync(join(path, 'people/100000000000.json'), '{"uid":"100000000000"}');
    change(join(path, 'people/656005750108.json'), (person) => {
      person.title = 'other';
    });
    const untouched = join(path, 'people/656005750106.json');
    utimesSync(untouched, 1, 1);
    await invoke(['export', path, ...at(instance)]);
    assert.deepEqual(
      { ...contents(path), 'README.md': undefined },
      { ...contents(await exported(instance)), 'README.md': undefined },
    );
    assert.equal(statSync(untouched).mtimeMs, 1000);
    assert.ok(existsSync(join(path, '.git')));
  });

  test('refuses a folder with other files', async () => {
    const path = folder('foreign');
    mkdirSync(join(path, 'people'), { recursive: true });
    writeFileSync(join(path, 'people/friends.json'), '[]');
    await assert.rejects(
      invoke(['export', path, ...at(instance)]),
      /is not an export\. Choose another folder\.$/,
    );
    const taken = folder('file');
    writeFileSync(taken, '');
    await assert.rejects(invoke(['export', taken, ...at(instance)]), /cannot be written/);
  });

  test('does not follow links', async () => {
    const path = await exported(instance);
    const outside = folder('outside');
    writeFileSync(outside, '{"uid":"656005750108"}');
    rmSync(join(path, 'people/656005750108.json'));
    symlinkSync(outside, join(path, 'people/656005750108.json'));
    await assert.rejects(invoke(['export', path, ...at(instance)]), /not a plain file/);
    await assert.rejects(invoke(['import', path, ...at(instance)]), /not a plain file/);
    assert.equal(readFileSync(outside, 'utf8'), '{"uid":"656005750108"}');

    const linked = await exported(instance);
    cpSync(join(linked, 'people'), outside.concat('-folder'), { recursive: true });
    rmSync(join(linked, 'people'), { recursive: true });
    symlinkSync(outside.concat('-folder'), join(linked, 'people'));
    await assert.rejects(invoke(['import', linked, ...at(instance)]), /not a plain folder/);
  });
});

describe('alongside import', () => {
  let good: string;
  before(async () => {
    good = await exported(instance);
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
    test(`refuses ${name} and changes nothing`, async () => {
      const path = folder('spoilt');
      cpSync(good, path, { recursive: true });
      // A half import would leave this behind.
      rmSync(join(path, 'people/656005750104.json'));
      rmSync(join(path, 'products/canary-api.json'));
      spoil(path);
      await assert.rejects(invoke(['import', path, ...at(instance)]), { name: 'OperatorError', message });
      assert.deepEqual(contents(await exported(instance)), contents(good));
    });

  test('keeps existing cards for an export without cards', async () => {
    const path = await exported(instance, '--no-cards');
    assert.ok(!existsSync(join(path, 'cards')));
    assert.equal(
      (JSON.parse(readFileSync(join(path, 'alongside.json'), 'utf8')) as { cards: null }).cards,
      null,
    );
    const cards = await instance.api('GET', '/cards');
    const { imported } = await invokeJson<{ imported: { cards: null } }>(['import', path, ...at(instance)]);
    assert.equal(imported.cards, null);
    assert.deepEqual(await instance.api('GET', '/cards'), cards);
  });

  test("accepts more than the listener's usual limit", async () => {
    const state = await instance.api<{ people: object[]; patients: object[] }>('GET', '/export');
    assert.ok(JSON.stringify(state).length > 65_536);
    assert.equal((await instance.call('POST', '/products', { name: 'x'.repeat(70_000) })).status, 413);
    const { status, body } = await instance.call('POST', '/import', {
      ...state,
      patients: state.patients.slice(0, 3),
    });
    assert.deepEqual([status, (body.imported as { patients: number }).patients], [200, 3]);
  });
});
