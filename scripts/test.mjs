import { prepareExactly } from './prepare/node.mjs';
import { noteRunning } from './prepare/running.mjs';
import { orOneSentence, Stop } from './prepare/say.mjs';
import { prepare } from './prepare.mjs';
import { testFiles } from './test/files.mjs';
import { prepareHelpers, prepareOptionalHelpers } from './test/helpers.mjs';
import { withoutMissing } from './test/missing.mjs';
import { bundleProgram } from './test/program.mjs';
import { runTests } from './test/run-tests.mjs';

/** Options of this script; every other one goes to node:test. */
const own = ['--oldest', '--bundled'];

/**
 * `npm test [-- PATTERN... --OPTION...]`: prepares what is missing and runs the tests, all of them or those of the files that a
 * pattern names. `--oldest` runs them on the oldest supported line of Node; `--bundled` starts child processes from a bundle, as a run
 * of all tests does. Ends with node:test's closing lines; exit code 0 only if everything passed (and, where CI=true, everything ran).
 */
await orOneSentence(async () => {
  const args = process.argv.slice(2);
  const options = args.filter((arg) => arg.startsWith('-') && !own.includes(arg));
  const patterns = args.filter((arg) => !arg.startsWith('-'));
  const files = testFiles(patterns);
  if (files.length === 0)
    throw new Stop(
      `no test file matches ${patterns.join(' ') || 'in this clone'}: name a part of a file's path`,
    );

  const newest = await prepare({ tools: true });
  const node = args.includes('--oldest') ? await prepareExactly('oldest') : newest;
  const helpers = await prepareHelpers();
  const { runnable, left } = withoutMissing(files, helpers);
  const optional = await prepareOptionalHelpers(files);
  const bundled = patterns.length === 0 || args.includes('--bundled') ? await bundleProgram(newest) : {};
  noteRunning();
  const variables = { ...helpers, ...optional, ...bundled };
  process.exitCode = await runTests(node, runnable, options, variables, left);
});
