// Writes the generated references in docs/ and the types of the console API, or with `--check` compares them.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { auditPage } from './docs/audit-page.ts';
import { commandsPage } from './docs/commands-page.ts';
import { configurationPage } from './docs/configuration-page.ts';
import { consoleApiPage } from './docs/console-api-page.ts';
import { consoleApiTypes } from './docs/console-api-types.ts';
import { errorsPage } from './docs/errors-page.ts';
import { injectedFaultsPage } from './docs/injected-faults-page.ts';
import { observabilityPage } from './docs/observability-page.ts';
import { peoplePage } from './docs/people-page.ts';
import { runbooksModule } from './docs/runbooks-module.ts';
import { stepsPage } from './docs/steps-page.ts';
import { structurePicture } from './docs/structure-picture.ts';
import { tourPage } from './docs/tour-page.ts';

const pages: Record<string, () => string | Promise<string>> = {
  'audit.md': auditPage,
  'commands.md': commandsPage,
  'configuration.md': configurationPage,
  'console-api.md': consoleApiPage,
  'errors.md': errorsPage,
  'injected-faults.md': injectedFaultsPage,
  'observability.md': observabilityPage,
  'people.md': peoplePage,
  'steps.md': stepsPage,
  'structure.svg': structurePicture,
  'tour.md': tourPage,
  '../src/console/web/pages/runbooks/text.ts': runbooksModule,
  '../src/kit/console-api-types.d.ts': consoleApiTypes,
};
const check = process.argv.includes('--check');
let stale = false;
for (const [name, make] of Object.entries(pages)) {
  const file = new URL(`../docs/${name}`, import.meta.url);
  const text = await make();
  if (!check) writeFileSync(file, text);
  else if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
    stale = true;
    process.stderr.write(`${join('docs', name)} is out of date. Run: node scripts/run.mjs scripts/docs.ts\n`);
  }
}
if (stale) process.exitCode = 1;
