import { prepareExactly } from './prepare/node.mjs';
import { noteRunning } from './prepare/running.mjs';
import { orOneSentence, Stop, say } from './prepare/say.mjs';
import { prepare } from './prepare.mjs';
import { testFiles } from './test/files.mjs';
import { prepareHelpers, prepareOptionalHelpers } from './test/helpers.mjs';
import { runTests } from './test/run-tests.mjs';

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
  const optional = await prepareOptionalHelpers(files);
  noteRunning();
  process.exitCode = await runTests(node, files, options, { ...helpers, ...optional });
});
