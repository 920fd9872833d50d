import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { renameSafelySync } from '@alongside/kernel/rename';
import { childrenOf } from '../../bench/processes/several.ts';
import { Command, skip } from '../testing/several-processes.ts';

describe('alongside serve with a process that cannot start again', { skip }, () => {
  test('stops with the reason after some attempts', async (t) => {
    const serve = await new Command('--drain-delay', '0').ready();
    t.after(() => serve.stop());
    const key = join(serve.folder, 'master.key');
    renameSafelySync(key, `${key}.away`);
    const [first = 0] = childrenOf(serve.pid);
    process.kill(first, 'SIGKILL');
    const [code] = await serve.exit;
    assert.equal(code, 1);
    assert.equal(serve.logged.match(/a process could not be replaced/g)?.length, 4);
    assert.match(serve.logged, /The master key .* is missing, and the data .*\n?$/);
  });
});
