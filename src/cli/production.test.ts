import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type ProductionInstance, startProduction } from '../../test/testing/production.ts';
import { seededHashes } from '../seed/registrations.ts';
import { invoke, runProcess } from './testing/command.ts';

describe('commands with a production instance', () => {
  let instance: ProductionInstance;
  before(async () => {
    instance = await startProduction();
  });
  after(() => instance.stop());

  test('find it by the configuration file of serve', async () => {
    const file = join(instance.folder, 'config.json');
    writeFileSync(file, JSON.stringify({ data: instance.folder, portBase: 8400 }));
    assert.match((await invoke(['app', 'list', '--config', file])).lines.join('\n'), /^platform /);
    const byVariable = await runProcess(['app', 'list'], { variables: { ALONGSIDE_CONFIG: file } });
    assert.match(byVariable.out, /^platform /);
    await assert.rejects(
      invoke(['app', 'list', '--config', `${file}.none`]),
      /configuration file .* cannot be read/,
    );
  });

  test('report a missing development feature and the alternative', async () => {
    const at = ['--data', instance.folder];
    for (const argv of [
      ['card', 'list'],
      ['card', 'insert', 'gp'],
      ['agent', 'status'],
      ['reset'],
      ['mail'],
      ['clock'],
    ])
      await assert.rejects(invoke([...argv, ...at]), /Production does not have this call/, argv.join(' '));
    const file = join(instance.folder, 'person.json');
    writeFileSync(file, JSON.stringify({ givenName: 'Ada', familyName: 'Example' }));
    const { notes } = await invoke(['person', 'add', '--json-file', file, ...at]);
    assert.match(notes.join(), /alongside registration-authority order \d+ --actor P/);
  });

  test('import refuses secrets of development, and keeps the secret of the platform', async () => {
    interface State {
      applications: { id: string; cis2: { clientId: string; secrets: object[] } }[];
    }
    const exported = () => instance.api<State>('GET', '/export?cards=false');
    const before = await exported();
    const [own] = before.applications;
    assert.ok(own);
    assert.equal(own.id, 'platform');
    const [hash] = seededHashes;
    const foreign = { ...own, cis2: { ...own.cis2, secrets: [{ hash, createdAt: 0, expiresAt: null }] } };
    for (const applications of [[foreign], []]) {
      await instance.api('POST', '/import', { ...before, applications });
      assert.deepEqual((await exported()).applications, before.applications);
    }
    const other = { ...foreign, id: 'other', cis2: { ...foreign.cis2, clientId: 'other' } };
    await assert.rejects(
      instance.api('POST', '/import', { ...before, applications: [foreign, other] }),
      /applications\.1\.cis2\.secrets.*must not be of development: it is public/,
    );
  });

  test('doctor may examine it, and requires nothing that production does not have', async () => {
    const report = async (...argv: string[]) => {
      const { lines } = await invoke(['doctor', '--json', ...argv]);
      return (JSON.parse(lines[0] ?? '') as { checks: { name: string; outcome: string; detail: string }[] })
        .checks;
    };
    const checks = await report('--data', instance.folder);
    const of = (name: string) => checks.find((check) => check.name === name)?.outcome;
    for (const name of [
      'state-file',
      'service (console)',
      'service (cis2)',
      'service (cis)',
      'clock',
      'signing-keys (cis2)',
    ])
      assert.equal(of(name), 'ok', name);
    for (const name of ['service (identity-agent)', 'service (sample)', 'browser'])
      assert.equal(of(name), undefined, name);
    const port = new URL(instance.stateFile().operator?.url ?? '').port;
    const stranger = (await report('--port-base', port)).find(({ name }) => name === 'service (console)');
    assert.match(stranger?.detail ?? '', /in production .* use --data, --state or --config/);
  });
});
