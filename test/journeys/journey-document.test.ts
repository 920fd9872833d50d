import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { journeyDocument } from '../testing/journey-document.ts';

const kept = (name: string): string => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');

test('docs/journey.md and its picture match a run', async () => {
  const made = await journeyDocument();
  assert.equal(made.markdown, kept('journey.md'), 'run: node scripts/run.mjs scripts/journey.ts');
  assert.equal(made.svg, kept('journey.svg'), 'run: node scripts/run.mjs scripts/journey.ts');
});
