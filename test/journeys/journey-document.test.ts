import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { journeyDocument } from '../testing/journey-document.ts';

test('docs/journey.md and its pictures match a run', async () => {
  for (const [name, text] of Object.entries(await journeyDocument())) {
    const kept = readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');
    assert.equal(text, kept, 'run: node scripts/run.mjs scripts/journey.ts');
  }
});
