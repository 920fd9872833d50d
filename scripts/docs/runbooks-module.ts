import { readFileSync } from 'node:fs';

/** `src/console/web/pages/runbooks/text.ts`: `docs/runbooks.md` as a module, because packages contain no documentation. */
export function runbooksModule(): string {
  const text = readFileSync(new URL('../../docs/runbooks.md', import.meta.url), 'utf8');
  const literal = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'");
  return `// Generated from docs/runbooks.md. Do not edit: run node scripts/run.mjs scripts/docs.ts\nexport const runbooksText =\n  '${literal}';\n`;
}
