import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Refusal } from '@alongside/kernel/errors';
import { catalogues } from '../../scripts/docs/catalogues.ts';
import { allCommands } from '../../src/cli/commands.ts';
import { viewOf } from '../../src/journeys/refusal-view.ts';

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

test('every refusal is shown with what was received and expected, remedy, actor and source, whatever its step knows', async () => {
  for (const entry of (await catalogues()).flatMap((part) => part.entries)) {
    const { id, expected, fix } = entry;
    // A noun phrase for people, which does not repeat the remedy.
    assert.match(expected, /^\S.{1,98}[^.\s]$/, id);
    assert.notEqual(expected, fix.replace(/\.$/, ''), id);
    for (const detail of ['', 'the value of the request']) {
      const { headline, received, expected: shown, fix, actor, source } = viewOf(new Refusal(entry, detail));
      for (const text of [headline, received, shown, fix, actor, source]) assert.ok(text, id);
      assert.doesNotMatch(`${headline} ${received} ${shown}`, /[{}]|undefined|null/, id);
      if (detail !== '') assert.equal(received, 'The value of the request', id);
    }
  }
});
