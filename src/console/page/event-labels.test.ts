import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { textOf } from './event-labels.ts';

const root = new URL('../../../', import.meta.url);

test('textOf returns a text for every event that a service records', () => {
  const sources = globSync('{src,identity-agent}/**/*.ts', { cwd: root }).filter(
    (file) => !/\.(test|fixture)\.ts$|\/(testing|fixture)\//.test(file),
  );
  const names = new Set(
    sources.flatMap((file) =>
      [
        ...readFileSync(new URL(file, root), 'utf8').matchAll(
          // A name that a shape follows is a topic of the outbox.
          /(?:name|event): '((?:agent|authorisation|cis2?|gateway|pds)\.[a-z0-9-]+)'(?!,\s*shape:)/g,
        ),
      ].map((found) => String(found[1])),
    ),
  );
  assert.ok(names.size > 20, `only ${names.size} were found`);
  const without = [...names].filter((name) => !textOf({ name, detail: {} }));
  assert.deepEqual(without, []);
});
