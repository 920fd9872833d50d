import { prepareExactly } from './prepare/node.mjs';
import { noteRunning } from './prepare/running.mjs';
import { orOneSentence, Stop } from './prepare/say.mjs';
import { prepare } from './prepare.mjs';
import { testFiles } from './test/files.mjs';
import { prepareHelpers, prepareOptionalHelpers } from './test/helpers.mjs';
import { withoutMissing } from './test/missing.mjs';
import { bundleProgram } from './test/program.mjs';
import { runTests } from './test/run-tests.mjs';

/** Options of this script. */
const own = ['--oldest', '--bundled'];

const usage = `Usage: npm test [-- PATTERN... OPTION...]

Prepares what is missing and runs the tests: all of them, or those of the files that a pattern names
(a file, a folder, or a part of a path). Exit code 0 only if everything passed and, where CI=true, everything ran.

  --oldest    run them on the oldest supported line of Node.js
  --bundled   start child processes from a bundle, as a run of all tests does
  OPTION      any other option goes to node:test, such as --test-name-pattern=REGEXP`;

await orOneSentence(async () => {
  const args = process.argv.slice(2);
  if (args.includes('--help') || args.includes('-h')) return void process.stdout.write(`${usage}\n`);
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
