// Writes docs/journey.md and its pictures from the messages of a real run.
import { writeFileSync } from 'node:fs';
import { journeyDocument } from '../test/testing/journey-document.ts';

for (const [name, text] of Object.entries(await journeyDocument()))
  writeFileSync(new URL(`../docs/${name}`, import.meta.url), text);
