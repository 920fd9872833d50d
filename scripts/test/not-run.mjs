import { readFileSync } from 'node:fs';

/** The reason of a skipped test that another phase of `.ci/run` runs. */
const runsElsewhere = '(`npm run windows` runs it)';

/**
 * Lists what the tests could not run, one line each. Tests append lines of `WHAT<tab>COMMAND` to the file in ALONGSIDE_NOT_RUN
 * (the command runs it, given the permissions); skipped tests are listed as well.
 */
export function notRun(notes, skipped) {
  const noted = read(notes)
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [what, command] = line.split('\t');
      return command ? `not run: ${what}; run with: ${command}` : `not run: ${what}`;
    });
  const skips = skipped
    .filter(({ name }) => !name.endsWith(runsElsewhere))
    .map(
      ({ file, name }) =>
        `not run: ${name} was skipped${file ? ` in ${file}; run with: npm test -- ${file}` : ''}`,
    );
  return [...new Set([...noted, ...skips])].sort();
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
