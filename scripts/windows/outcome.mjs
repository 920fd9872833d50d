/**
 * Compares the outputs of runs of `npm test` with the list of expected failures. A failure that is listed and did happen counts
 * neither as passed nor as failed.
 * @param outputs the standard output of each run
 * @param expected failures that are the fault of Wine: `[{ file, name, reason }]`
 */
export function outcomeOf(outputs, expected) {
  const lines = outputs.flatMap((output) => output.split(/\r?\n/));
  const failed = lines.filter((line) => line.startsWith('failed: ')).map(parseFailure);
  const ran = new Set(
    expected.filter(({ file, name }) => failed.some((one) => one.file === file && one.name === name)),
  );
  const isExpected = (one) => [...ran].some(({ file, name }) => one.file === file && one.name === name);
  const countIn = (output, name) =>
    Number(
      output
        .split('\n')
        .findLast((line) => line.startsWith(`# ${name} `))
        ?.split(' ')[2],
    );
  const count = (name) => outputs.reduce((sum, output) => sum + countIn(output, name), 0);
  return {
    unexpected: failed.filter((one) => !isExpected(one)).map(({ line }) => line),
    expected: failed.filter(isExpected).length,
    /** Listed failures that did not happen: their tests passed, or are not there any more. */
    passing: expected.filter((one) => !ran.has(one)),
    notRun: lines.filter((line) => line.startsWith('not run: ')),
    tests: count('tests'),
    passed: count('pass'),
    skipped: count('skipped'),
  };
}

/** Reads `failed: NAME (FILE:LINE)`. */
function parseFailure(line) {
  const [, name, file] = /^failed: (.*?)(?: \(([^()]+\.test\.ts)(?::\d+)?\))?$/.exec(line);
  return { line, name, file };
}
