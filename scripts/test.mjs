import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { clone, compileCache, inClone } from './prepare/clone.mjs';
import { prepareExactly } from './prepare/node.mjs';
import { noteRunning } from './prepare/running.mjs';
import { orOneSentence, Stop, say } from './prepare/say.mjs';
import { prepare } from './prepare.mjs';
import { testFiles } from './test/files.mjs';
import { prepareHelpers } from './test/helpers.mjs';
import { notRun } from './test/not-run.mjs';
import { runToEnd } from './test/run-to-end.mjs';

/**
 * `npm test [-- PATTERN... --OPTION...]`: prepares what is missing and runs the tests, all of them or those of
 * the files that a pattern names. `--oldest` runs them on the oldest supported line of Node; every other option
 * goes to node:test. Ends with node:test's closing lines; exit code 0 only if everything passed (and, where
 * CI=true, everything ran).
 */
await orOneSentence(async () => {
  const args = process.argv.slice(2);
  const options = args.filter((arg) => arg.startsWith('-') && arg !== '--oldest');
  const patterns = args.filter((arg) => !arg.startsWith('-'));
  const files = testFiles(patterns);
  if (files.length === 0)
    throw new Stop(
      `no test file matches ${patterns.join(' ') || 'in this clone'}: name a part of a file's path`,
    );

  const newest = await prepare({ tools: true });
  const node = args.includes('--oldest') ? await prepareExactly('oldest') : newest;
  const helpers = await prepareHelpers().catch((error) => {
    if (patterns.length === 0 || !(error instanceof Stop)) throw error;
    say(`going on without: ${error.message}`);
    return {};
  });
  noteRunning();
  process.exitCode = await runTests(node, files, options, helpers);
});

async function runTests(node, files, options, helpers) {
  const inCi = process.env.CI === 'true';
  const work = mkdtempSync(join(tmpdir(), 'alongside-test-'));
  const notes = join(work, 'not-run');
  const closing = join(work, 'closing.json');
  try {
    const code = await runToEnd(
      node,
      [
        '--test',
        `--test-concurrency=${Math.min(8, Math.max(2, availableParallelism()))}`,
        '--test-timeout=300000',
        `--test-reporter=${inCi ? 'dot' : 'spec'}`,
        '--test-reporter-destination=stdout',
        `--test-reporter=${inClone('scripts', 'test', 'closing.mjs')}`,
        `--test-reporter-destination=${closing}`,
        ...options,
        ...files,
      ],
      {
        cwd: clone,
        env: { ...process.env, ...helpers, ALONGSIDE_NOT_RUN: notes, NODE_COMPILE_CACHE: compileCache },
      },
    );
    return conclude(code, notes, closing, inCi);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Prints what was not run and the closing lines; the exit code. */
function conclude(code, notes, closing, inCi) {
  const { skipped, lines } = readClosing(closing);
  const left = notRun(notes, skipped);
  for (const line of left) process.stdout.write(`${line}\n`);
  if (left.length > 0 && inCi) say('CI must run everything: give it the rights that the tests above lack');
  if (lines.length === 0) say('the tests ended without a summary');
  for (const line of lines) process.stdout.write(`${line}\n`);
  return code || (lines.length === 0 || (inCi && left.length > 0) ? 1 : 0);
}

function readClosing(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { skipped: [], lines: [] };
  }
}
