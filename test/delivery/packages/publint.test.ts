import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { clone, packedOnce } from './testing/project.ts';

const attw = join(clone, 'node_modules/@arethetypeswrong/cli/dist/index.js');

describe('the packages', () => {
  for (const name of ['alongside', '@alongside/client', '@alongside/identity-agent', 'create-alongside'])
    test(`pass publint: ${name}`, async () => {
      const { buffer } = new Uint8Array(await readFile(await packedOnce(name)));
      const { messages } = await publint({ pack: { tarball: buffer }, strict: true });
      assert.deepEqual(messages, []);
    });

  for (const name of ['alongside', '@alongside/client'])
    test(`pass attw: ${name}`, async () => {
      const file = await packedOnce(name);
      await promisify(execFile)(process.execPath, [
        attw,
        file,
        '--profile',
        'esm-only',
        '--no-definitely-typed',
      ]);
    });
});
