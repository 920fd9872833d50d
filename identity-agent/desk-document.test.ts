import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { transports } from './card/transports.ts';
import { commands } from './cli/commands.ts';
import { checks } from './doctor/checks.ts';
import { definitions, settingNames } from './settings/definitions.ts';
import { settingFiles } from './settings/places.ts';

const page = await readFile(fileURLToPath(new URL('../docs/desk-engineers.md', import.meta.url)), 'utf8');

test('docs/desk-engineers.md names every setting, check, reader and command that there is', () => {
  for (const name of settingNames) assert.ok(page.includes(`\`${name}\``), name);
  for (const { name } of checks) assert.ok(page.includes(`\`${name}\``), name);
  for (const { id } of transports) assert.ok(page.includes(`\`${id}\``), id);
  for (const { name } of commands) if (name !== 'watch') assert.ok(page.includes(name), name);
  assert.ok(page.includes(settingFiles('linux').policy));
});

test('and the built-in times', () => {
  for (const name of ['pinAgainAfter', 'lockedFor', 'agentPort'] as const)
    assert.match(page, new RegExp(`\`${name}\` \\| ${String(definitions[name].fallback)} \\|`));
});
