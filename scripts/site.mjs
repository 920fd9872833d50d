import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { inClone } from './prepare/clone.mjs';
import { npm } from './prepare/npm.mjs';
import { orOneSentence, Stop, whileSaying } from './prepare/say.mjs';
import { prepare } from './prepare.mjs';
import { findBrowser } from './test/browser.mjs';

const usage = `Usage: npm run site [-- --serve [--port 4321] | --test]

Builds the documentation site into site/dist. The first time, it installs the packages of site/package-lock.json (about 230 MB).
  --serve  build, then serve it on this machine until Ctrl-C
  --test   build, then check every page in Chromium: links, accessibility, search, no outside requests
`;
const site = inClone('site');

/** Reads the command line; a wrong one ends with the usage and exit code 2. */
function readArguments() {
  try {
    const options = {
      ...{ serve: { type: 'boolean' }, test: { type: 'boolean' }, help: { type: 'boolean' } },
      port: { type: 'string', default: '4321' },
    };
    const { values } = parseArgs({ options });
    if (values.serve && values.test) throw new Error('Use --serve or --test, not both.');
    if (!/^\d{1,5}$/.test(values.port)) throw new Error(`--port ${values.port} is not a port.`);
    return values;
  } catch (error) {
    process.stderr.write(`${error.message}\n${usage}`);
    process.exit(2);
  }
}

/** `npm run site`: builds the documentation site, serves or tests it. */
await orOneSentence(async () => {
  const { serve, test, port, help } = readArguments();
  if (help) return void process.stdout.write(usage);
  const node = await prepare({ tools: true });
  await preparePackages();
  const run = (what, args, cwd = site) => runProgram(node, what, args, cwd);
  rmSync(join(site, '.client'), { recursive: true, force: true });
  await run('the client reference', [join(site, 'node_modules/typedoc/bin/typedoc')]);
  await run('the pages', [inClone('scripts', 'site', 'write-pages.ts')]);
  await run('the site', [join(site, 'node_modules/astro/bin/astro.mjs'), 'build']);
  process.stdout.write(`${join(site, 'dist')}\n`);
  if (serve) await run('serving', [inClone('scripts', 'site', 'serve.mjs'), port]);
  if (test) await run('the test', ['--test', inClone('test', 'site', 'site.ts')], inClone());
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

/** Runs a program; its output appears only if it fails, except for servers and tests. */
async function runProgram(node, what, args, cwd) {
  const quiet = !['serving', 'the test'].includes(what);
  const env = { ...process.env, ASTRO_TELEMETRY_DISABLED: '1', NODE_OPTIONS: '' };
  if (what === 'the test') env.ALONGSIDE_BROWSER = findBrowser() ?? '';
  const child = spawn(node, args, { cwd, env, stdio: quiet ? ['ignore', 'pipe', 'pipe'] : 'inherit' });
  let output = '';
  for (const stream of quiet ? [child.stdout, child.stderr] : [])
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
  const [code, signal] = await once(child, 'close');
  if (code === 0 || (what === 'serving' && signal === 'SIGINT')) return;
  process.stderr.write(output);
  if (quiet) throw new Stop(`${what} could not be built: see the errors above`);
  process.exitCode = code ?? 1;
}
