import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { clone, compileCache, inClone } from '../prepare/clone.mjs';
import { say } from '../prepare/say.mjs';
import { writeGroups } from './groups.mjs';
import { prepareKeyPool } from './key-pool.mjs';
import { notRun } from './not-run.mjs';
import { runToEnd } from './run-to-end.mjs';

/** The same on every machine. Java opens paths with other letters than ASCII only in a UTF-8 locale. */
const locale = process.platform === 'win32' ? {} : { LC_ALL: 'C.UTF-8' };

/** What names a running instance, as `alongside status --env` prints it: tests start their own. */
const ofAnInstance = /^ALONGSIDE_(?:STATE|PORT_BASE|AGENT_SOCKET|\w+_URL)$/;
const inherited = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !ofAnInstance.test(name)),
);

/**
 * Runs test files with node:test on the given Node and prints what failed, what was not run, and the closing lines. Resolves
 * with the exit code: 0 only if everything passed and, where CI=true, everything ran.
 * @param unable lines about files that cannot run here
 */
export async function runTests(node, files, options, helpers, unable = []) {
  const inCi = process.env.CI === 'true';
  const work = mkdtempSync(join(tmpdir(), 'alongside-test-'));
  const notes = join(work, 'not-run');
  const closing = join(work, 'closing.json');
  try {
    await prepareKeyPool();
    const code = await runToEnd(
      node,
      [
        '--test',
        // More groups than cores: many wait for a browser, a database or a process.
        `--test-concurrency=${Math.min(8, Math.max(4, availableParallelism()))}`,
        `--test-reporter=${inCi ? 'dot' : 'spec'}`,
        '--test-reporter-destination=stdout',
        `--test-reporter=${pathToFileURL(inClone('scripts', 'test', 'closing.mjs'))}`,
        `--test-reporter-destination=${closing}`,
        ...options,
        ...writeGroups(files, work),
      ],
      {
        cwd: clone,
        env: {
          ...inherited,
          ...helpers,
          ...locale,
          ALONGSIDE_NOT_RUN: notes,
          ALONGSIDE_POSTGRES_DATA: join(work, 'postgres'),
          NODE_COMPILE_CACHE: compileCache,
        },
      },
    );
    return conclude(code, notes, closing, inCi, unable);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Prints failures, tests that were not run and the closing lines; returns the exit code. */
function conclude(code, notes, closing, inCi, unable) {
  const { skipped, failed, said, lines } = readClosing(closing);
  // The compact reporter of CI shows neither the output of files nor the file of a test.
  if (inCi)
    for (const [files, text] of said)
      process.stdout.write(`standard error of ${files.join(', ')}:\n${text.trimEnd()}\n`);
  for (const { file, line, name, why = [] } of failed) {
    process.stdout.write(`failed: ${name}${file ? ` (${line ? `${file}:${line}` : file})` : ''}\n`);
    if (inCi) for (const one of why) process.stdout.write(`  | ${one}\n`);
  }
  const left = [...unable, ...notRun(notes, skipped)];
  for (const line of left) process.stdout.write(`${line}\n`);
  if (left.length > 0 && inCi)
    say('CI must run everything: give it the rights and programs that the tests above lack');
  if (lines.length === 0) say('the tests ended without a summary');
  for (const line of [...lines, ...processorTime()]) process.stdout.write(`${line}\n`);
  return code || (lines.length === 0 || (inCi && left.length > 0) ? 1 : 0);
}

/** Returns the processor time of all ended processes, in a closing line. It depends less on the load than the duration. Linux. */
function processorTime() {
  try {
    const fields = readFileSync('/proc/self/stat', 'utf8').split(') ').at(-1).split(' ');
    return [`# processor ${Math.round((Number(fields[13]) + Number(fields[14])) / 100)} s`];
  } catch {
    return [];
  }
}

function readClosing(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { skipped: [], failed: [], said: [], lines: [] };
  }
}
