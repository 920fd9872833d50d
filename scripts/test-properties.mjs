import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { noteRunning } from './prepare/running.mjs';
import { orOneSentence, Stop } from './prepare/say.mjs';
import { prepare } from './prepare.mjs';
import { testFiles } from './test/files.mjs';
import { prepareHelpers, prepareOptionalHelpers } from './test/helpers.mjs';
import { withoutMissing } from './test/missing.mjs';
import { runTests } from './test/run-tests.mjs';

const help = `npm run properties -- [--values N] [--seed N] [PATTERN...]

Runs the files with property tests, all of them or those that a pattern names, with values that npm test does not try.
  --values N   values for each property that names no number itself (2000)
  --seed N     the seed to take them from (one by chance, which is printed)
`;

const whole = (text, name) => {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new Stop(`--${name} must be a whole number from 1, not "${text}"`);
  return text;
};

function readArguments() {
  try {
    return parseArgs({
      options: {
        values: { type: 'string' },
        seed: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
      allowPositionals: true,
    });
  } catch (error) {
    throw new Stop(`${error.message.split('. ')[0]}; --help lists what there is`);
  }
}

await orOneSentence(async () => {
  const { values: options, positionals } = readArguments();
  if (options.help) {
    process.stdout.write(help);
    return;
  }
  const seed = whole(options.seed ?? String(randomInt(1, 999_999_999)), 'seed');
  const values = whole(options.values ?? '2000', 'values');
  const files = testFiles(positionals).filter((file) =>
    readFileSync(file, 'utf8').includes("from 'fast-check'"),
  );
  if (files.length === 0) throw new Stop(`no property test in ${positionals.join(' ')}`);
  const node = await prepare({ tools: true });
  const helpers = { ...(await prepareHelpers()), ...(await prepareOptionalHelpers(files)) };
  const { runnable, left } = withoutMissing(files, helpers);
  noteRunning();
  process.stderr.write(`seed ${seed}, ${values} values, ${runnable.length} files\n`);
  const variables = { ...helpers, ALONGSIDE_PROPERTY_SEED: seed, ALONGSIDE_PROPERTY_RUNS: values };
  process.exitCode = await runTests(node, runnable, [], variables, left);
});
