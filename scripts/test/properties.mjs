import { readFileSync } from 'node:fs';

/**
 * Loaded before each test file: property tests take the same values in every run, so that a run says something of
 * the change and not of chance, and a value that hangs is named after half a minute. `ALONGSIDE_PROPERTY_SEED` and
 * `ALONGSIDE_PROPERTY_RUNS` choose others: `npm run properties` does.
 */
const file = process.argv[1];
if (file !== undefined && readFileSync(file, 'utf8').includes("from 'fast-check'")) {
  const { default: fc } = await import('fast-check');
  const runs = process.env.ALONGSIDE_PROPERTY_RUNS;
  fc.configureGlobal({
    seed: Number(process.env.ALONGSIDE_PROPERTY_SEED ?? 1),
    timeout: 30_000,
    ...(runs === undefined ? {} : { numRuns: Number(runs) }),
  });
}
