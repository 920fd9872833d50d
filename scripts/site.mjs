import { createHash } from 'node:crypto';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { inClone } from './prepare/clone.mjs';
import { npm } from './prepare/npm.mjs';
import { orOneSentence, Stop, whileSaying } from './prepare/say.mjs';
import { prepare } from './prepare.mjs';
import { serveSite } from './site/serve.mjs';
import { findBrowser } from './test/browser.mjs';
import { prepareOptionalHelpers } from './test/helpers.mjs';
import { runTests } from './test/run-tests.mjs';
import { runToEnd } from './test/run-to-end.mjs';

const usage = `Usage: npm run site [-- --serve [--port 4321] | --test | --blocks [PAGE...]]

Builds the documentation site into site/dist. The first time, it installs the packages of site/package-lock.json (about 230 MB).
  --serve   build, then serve it on this machine until Ctrl-C
  --test    build, then check it in Chromium: links, accessibility, search, no outside requests
  --blocks  only run the code blocks of all pages, or of those named such as docs/start.md; needs Linux and root
`;
const site = inClone('site');

/** Reads the command line; a wrong one ends with the usage and exit code 2. */
function readArguments() {
  try {
    const options = {
      serve: { type: 'boolean' },
      test: { type: 'boolean' },
      blocks: { type: 'boolean' },
      help: { type: 'boolean' },
      port: { type: 'string', default: '4321' },
    };
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    if ([values.serve, values.test, values.blocks].filter(Boolean).length > 1)
      throw new Error('Use one of --serve, --test and --blocks.');
    if (!/^\d{1,5}$/.test(values.port) || Number(values.port) > 65_535)
      throw new Error(`--port ${values.port} is not a port.`);
    if (positionals.length > 0 && !values.blocks) throw new Error(`Unexpected word: ${positionals[0]}.`);
    const missing = positionals.find((page) => !page.endsWith('.md') || !existsSync(inClone(page)));
    if (missing !== undefined) throw new Error(`There is no page ${missing}.`);
    return { ...values, pages: positionals };
  } catch (error) {
    process.stderr.write(`${error.message}\n${usage}`);
    process.exit(2);
  }
}

/** `npm run site`: builds the documentation site, serves or tests it. */
await orOneSentence(async () => {
  const { serve, test, blocks, pages, port, help } = readArguments();
  if (help) return void process.stdout.write(usage);
  const node = await prepare({ tools: true });
  if (blocks) {
    const files = ['test/pages/run-blocks.ts'];
    const programs = await prepareOptionalHelpers(files);
    process.exitCode = await runTests(node, files, [], { ...programs, ALONGSIDE_PAGES: pages.join() });
    return;
  }
  await preparePackages();
  rmSync(join(site, '.client'), { recursive: true, force: true });
  await build(node, 'the client reference', [join(site, 'node_modules/typedoc/bin/typedoc')]);
  await build(node, 'the pages', [inClone('scripts', 'site', 'write-pages.ts')]);
  await build(node, 'the site', [join(site, 'node_modules/astro/bin/astro.mjs'), 'build']);
  process.stdout.write(`${join(site, 'dist')}\n`);
  if (serve) {
    await serveSite(Number(port));
    process.stdout.write(`The site is at http://localhost:${port} until Ctrl-C.\n`);
  }
  if (test)
    process.exitCode = await runTests(node, ['test/site/site.ts'], [], {
      ALONGSIDE_BROWSER: findBrowser() ?? '',
    });
});

/** Installs the packages of the site's own lock file, once. */
async function preparePackages() {
  const stamp = join(site, 'node_modules', '.alongside-stamp');
  const lock = createHash('sha256')
    .update(readFileSync(join(site, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  await whileSaying(
    'installing the packages of site/package-lock.json (once, and again when it changes)',
    () => npm(['ci', '--ignore-scripts'], { cwd: site, what: 'installing the packages of the site' }),
  );
  writeFileSync(stamp, lock);
}

/** Runs a program in site/. Its output appears only if it fails. */
async function build(node, what, args) {
  const folder = mkdtempSync(join(tmpdir(), 'alongside-site-'));
  const file = join(folder, 'build.log');
  const log = openSync(file, 'w');
  const env = { ...process.env, ASTRO_TELEMETRY_DISABLED: '1' };
  try {
    const code = await whileSaying(`building ${what}`, () =>
      runToEnd(node, args, { cwd: site, env, stdio: ['ignore', log, log] }),
    );
    if (code === 0) return;
    process.stderr.write(readFileSync(file));
    throw new Stop(`${what} could not be built: see the errors above`);
  } finally {
    closeSync(log);
    rmSync(folder, { recursive: true, force: true });
  }
}
