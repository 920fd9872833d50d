import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { invoke } from './command.fixture.ts';

describe('alongside config', () => {
  const folder = mkdtempSync(join(tmpdir(), 'alongside-config-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'config.json');
  const secret = join(folder, 'smtp');

  test('shows value, origin and whether a reload changes it, and secrets as set', async () => {
    writeFileSync(secret, 'smtp://user:password@mail.example');
    writeFileSync(file, JSON.stringify({ smtpUrl: `@${secret}`, portBase: 9000 }));
    const { code, lines } = await invoke(['config', '--json', '--config', file, '--log-level', 'debug']);
    const { settings, problems } = JSON.parse(lines[0] ?? '') as {
      settings: { name: string; value: unknown; origin: string; reloadable: boolean }[];
      problems: string[];
    };
    const of = (name: string) => settings.find((setting) => setting.name === name);
    assert.deepEqual([code, problems], [0, []]);
    assert.deepEqual(of('smtpUrl'), {
      ...{ name: 'smtpUrl', value: 'set', origin: `${file}: smtpUrl`, reloadable: true },
    });
    assert.deepEqual(of('portBase'), {
      ...{ name: 'portBase', value: 9000, origin: `${file}: portBase`, reloadable: false },
    });
    assert.deepEqual([of('logLevel')?.value, of('logLevel')?.origin], ['debug', '--log-level']);
    assert.deepEqual([of('drainDelay')?.value, of('drainDelay')?.origin], [5, 'default']);
    const { lines: text } = await invoke(['config', '--config', file]);
    assert.doesNotMatch(text.join('\n') + lines[0], /password@/);
  });

  test('check reports every problem at once', async () => {
    writeFileSync(
      file,
      JSON.stringify({ smtpUrl: `@${secret}.missing`, portBase: 'many', mailFrom: 'nobody' }),
    );
    const { code, lines, notes } = await invoke(['config', 'check', '--config', file]);
    assert.deepEqual([code, lines, notes.length], [1, [], 3]);
    for (const [index, problem] of [
      /smtp\.missing cannot be read/,
      /portBase: must be/,
      /mailFrom: must be/,
    ].entries())
      assert.match(notes[index] ?? '', problem);
    writeFileSync(file, '{}');
    assert.equal((await invoke(['config', 'check', '--config', file])).code, 0);
  });
});
