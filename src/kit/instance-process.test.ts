import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { startInstanceProcess } from './instance-process.ts';

describe('the end of an instance process', () => {
  const folder = mkdtempSync(join(tmpdir(), 'instance-process-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** Starts a program in place of `alongside`, which runs these statements when its input ends. */
  function running(name: string, atEnd: string, stopTimeout: number) {
    const file = join(folder, `${name}.mjs`);
    const lines = [
      "import { writeFileSync } from 'node:fs';",
      'setInterval(() => {}, 1_000);',
      `process.on('SIGTERM', () => process.exit(1));`,
      `process.stdin.on('end', () => { ${atEnd} }).resume();`,
      `console.log('{}');`,
    ];
    writeFileSync(file, lines.join('\n'));
    return startInstanceProcess({ program: [process.execPath, file], stopTimeout });
  }

  test('lets it stop in order by closing its input, which Windows has too', async () => {
    const file = join(folder, 'stopped');
    const atEnd = `writeFileSync(${JSON.stringify(file)}, 'in order'); process.exit(0);`;
    await (await running('orderly', atEnd, 60_000)).stop();
    assert.equal(readFileSync(file, 'utf8'), 'in order');
  });

  test('kills it after a limit', async () => {
    await (await running('hanging', '', 1)).stop();
  });
});
