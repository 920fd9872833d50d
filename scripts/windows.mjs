import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { inClone } from './prepare/clone.mjs';
import { noteRunning } from './prepare/running.mjs';
import { orOneSentence, Stop, say, whileSaying } from './prepare/say.mjs';
import { prepare } from './prepare.mjs';
import { testFiles } from './test/files.mjs';
import { prepareOptionalHelpers } from './test/helpers.mjs';
import { prepareKeyPool } from './test/key-pool.mjs';
import { build, install } from './windows/install.mjs';
import { outcomeOf } from './windows/outcome.mjs';
import { Run } from './windows/run.mjs';

/** Tests of what differs between systems; their other files are run on Linux only, to save time. */
const folders = ['kernel', 'client', 'identity-agent', 'src/storage', 'test/windows'];

/** Seconds for all tests. They take about 280 on two quiet cores. */
const limit = 480;

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
  const files = testFiles(patterns.length > 0 ? patterns : folders);
  if (files.length === 0) throw new Stop(`no test file matches ${patterns.join(' ')}`);
  await prepare({ tools: true });
  const { ALONGSIDE_WINE: program, ALONGSIDE_FPC_WINDOWS: pascal } = await prepareOptionalHelpers([
    'test/windows/',
  ]);
  if (program === undefined)
    throw new Stop('Wine 10 or newer is missing: install the packages wine and wine64 of Debian 13');
  await prepareKeyPool();
  noteRunning();
  setTimeout(() => {
    say(`not finished after ${limit} seconds`);
    process.exit(1);
  }, limit * 1_000).unref();
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ])
    process.on(signal, () => process.exit(code));
  // What a crashed server of Wine left behind must not hold this process.
  process.exit(conclude(await runAll(program, files, pascal), patterns.length > 0));
});

/**
 * Runs the tests of the code, folder by folder, and beside them those of what is delivered; resolves with their standard outputs.
 */
async function runAll(program, files, pascal) {
  const built = mkdtempSync(join(tmpdir(), 'alongside-built-'));
  process.on('exit', () => rmSync(built, { recursive: true, force: true }));
  const installed = await install(program);
  const delivered = files.filter((file) => file.startsWith('test/windows/'));
  const code = files.filter((file) => !delivered.includes(file));
  const folderOf = (file) => file.split('/')[0];
  const runs = [...new Set(code.map(folderOf))].map(
    (name) => new Run(installed, name, { files: code.filter((file) => folderOf(file) === name) }),
  );
  const lanes = [runs];
  if (delivered.length > 0)
    lanes.push([
      new Run(installed, 'delivery', { files: delivered, built, before: () => build(built, pascal) }),
    ]);
  const outputs = await whileSaying(
    `running ${files.length} test files with Node.js for Windows`,
    () => Promise.all(lanes.map(inTurn)),
    () => `${lanes.flat().reduce((sum, run) => sum + run.passed, 0)} tests`,
  );
  return outputs.flat();
}

async function inTurn(runs) {
  const outputs = [];
  for (const run of runs) outputs.push(await run.end());
  return outputs;
}

/** Prints what failed, what was not run, and the closing lines; returns the exit code. */
function conclude(outputs, isPart) {
  const listed = JSON.parse(readFileSync(inClone('test', 'windows', 'expected-failures.json'), 'utf8'));
  const outcome = outcomeOf(outputs, listed);
  const isWrong = outcome.unexpected.length > 0 || Number.isNaN(outcome.tests);
  const print = (line) => process.stdout.write(`${line}\n`);
  for (const output of isWrong ? outputs : []) {
    const failing = /^✖ failing tests:.*?(?=^failed: )/ms.exec(output)?.[0];
    if (failing !== undefined || !/^# tests /m.test(output)) print(failing ?? output);
  }
  for (const line of outcome.notRun) print(line.replace('npm test', 'npm run windows'));
  for (const { name, file } of isPart ? [] : outcome.passing)
    print(`passes, so remove it from test/windows/expected-failures.json: ${name} (${file})`);
  for (const line of outcome.unexpected) print(line);
  if (Number.isNaN(outcome.tests)) say('the tests ended without a summary');
  print(`# expected failures ${outcome.expected}`);
  print(`# not run here ${outcome.skipped || 0}`);
  print(`# tests ${(outcome.passed || 0) + outcome.unexpected.length}`);
  print(`# pass ${outcome.passed || 0}`);
  return isWrong ? 1 : 0;
}
