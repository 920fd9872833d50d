// Writes docs/journey.md and docs/journey.svg from the events of a real run.
import { writeFileSync } from 'node:fs';
import { journeyDocument } from '../test/testing/journey-document.ts';

const { markdown, svg } = await journeyDocument();
writeFileSync(new URL('../docs/journey.md', import.meta.url), markdown);
writeFileSync(new URL('../docs/journey.svg', import.meta.url), svg);
