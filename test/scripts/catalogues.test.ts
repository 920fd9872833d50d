import assert from 'node:assert/strict';
import { test } from 'node:test';
import { catalogues } from '../../scripts/docs/catalogues.ts';
import { allCommands } from '../../src/cli/commands.ts';

test('every refusal has a fix, an actor and a source, and names only existing commands', async () => {
  const help = (await allCommands()).flatMap((command) => command.help(100)).join('\n');
  const entries = (await catalogues()).flatMap((part) => part.entries);
  assert.ok(entries.length > 300);
  for (const { id, fix, source, description } of entries) {
    assert.match(fix, /^[A-Z].{6,200}\.$/, id);
    assert.ok(source.length > 3 && description.length > 3, id);
    for (const [, called = ''] of fix.matchAll(/alongside ((?:[a-z-]+ ?){1,2})/g))
      assert.ok(
        called.startsWith('authenticator') || help.includes(`alongside ${called.trim()}`),
        `${id}: ${called}`,
      );
  }
});
