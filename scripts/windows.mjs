import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { inClone } from './prepare/clone.mjs';
import { noteRunning } from './prepare/running.mjs';
import { orOneSentence, Stop, say, whileSaying } from './prepare/say.mjs';
import { prepare } from './prepare.mjs';
import { prepareOptionalHelpers } from './test/helpers.mjs';
import { prepareKeyPool } from './test/key-pool.mjs';
import { build, installNode, programs } from './windows/install.mjs';
import { outcomeOf } from './windows/outcome.mjs';
import { stage } from './windows/stage.mjs';
import { Wine } from './windows/wine.mjs';

/** Tests of what differs between systems; their other files are run on Linux only, to save time. */
const folders = ['kernel', 'client', 'identity-agent', 'src/storage', 'test/windows'];

const usage = `Usage: npm run windows [-- PATTERN...]

Runs tests with Node.js for Windows under Wine: those of ${folders.join(', ')},
or those of the files that a pattern names, as with npm test. Failures that are the fault of Wine are listed
in test/windows/expected-failures.json. Exit code 0 only if nothing else failed.`;

function readArguments() {
  try {
    const options = { help: { type: 'boolean', short: 'h', default: false } };
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    return { ...values, patterns: positionals };
  } catch (error) {
    process.stderr.write(`${error.message}\n${usage}\n`);
    process.exit(2);
  }
}

await orOneSentence(async () => {
  const { help, patterns } = readArguments();
  if (help) return void process.stdout.write(`${usage}\n`);
  await prepare({ tools: true });
  const { ALONGSIDE_WINE: program } = await prepareOptionalHelpers(['test/windows/']);
  if (program === undefined)
    throw new Stop('Wine 10 or newer is missing: install the packages wine and wine64 of Debian 13');
  await prepareKeyPool();
  noteRunning();
  const wine = new Wine(program);
  process.on('exit', () => wine.close());
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ])
    process.on(signal, () => process.exit(code));
  const named = patterns.length > 0 ? patterns : folders;
  const output = await runUnder(wine, named);
  process.exitCode = conclude(output, patterns.length > 0);
});

/** Runs `npm test` of a copy of this clone; resolves with its standard output. */
async function runUnder(wine, patterns) {
  const clone = join(wine.drive, 'my proj ü', 'clone');
  const built = join(wine.drive, 'built');
  await whileSaying('installing Wine into a temporary folder, and building the packages', () =>
    Promise.all([wine.install(), patterns.some((pattern) => pattern.includes('windows')) && build(built)]),
  );
  stage(clone);
  const version = await installNode(wine.drive);
  const words = [`${programs}\\node.exe`, 'C:\\my proj ü\\clone\\scripts\\test.mjs', ...patterns];
  const read = (kind) => readFileSync(join(wine.folder, `tests.${kind}`), 'utf8');
  await whileSaying(
    `running the tests with Node.js ${version} for Windows`,
    () =>
      wine.run(words, 'tests', { cwd: clone, env: { WINEPATH: programs, ALONGSIDE_PACKED: 'C:\\built' } }),
    () => `${read('out').match(/^ *[✔✖] /gmu)?.length ?? 0} tests`,
  );
  process.stderr.write(read('err'));
  return read('out');
}

/** Prints what failed, what was not run, and the closing lines; returns the exit code. */
function conclude(output, isPart) {
  const listed = JSON.parse(readFileSync(inClone('test', 'windows', 'expected-failures.json'), 'utf8'));
  const outcome = outcomeOf(output, listed);
  if (outcome.unexpected.length > 0 || Number.isNaN(outcome.tests))
    process.stdout.write(`${/^✖ failing tests:.*?(?=^failed: )/ms.exec(output)?.[0] ?? output}\n`);
  const print = (line) => process.stdout.write(`${line}\n`);
  for (const line of outcome.notRun) print(line.replace('npm test', 'npm run windows'));
  for (const { name, file } of isPart ? [] : outcome.passing)
    print(`passes, so remove it from test/windows/expected-failures.json: ${name} (${file})`);
  for (const line of outcome.unexpected) print(line);
  if (Number.isNaN(outcome.tests)) say('the tests ended without a summary');
  print(`# expected failures ${outcome.expected}`);
  print(`# not run here ${outcome.skipped}`);
  print(`# tests ${outcome.passed + outcome.unexpected.length}`);
  print(`# pass ${outcome.passed}`);
  return outcome.unexpected.length > 0 || Number.isNaN(outcome.tests) ? 1 : 0;
}
