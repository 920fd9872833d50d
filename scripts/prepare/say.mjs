/** A failure that the user can fix: one sentence with the problem and the remedy. */
export class Stop extends Error {
  constructor(message, code = 1) {
    super(message);
    this.exitCode = code;
  }
}

const isOn = (value = '') => !['', '0', 'false', 'no'].includes(value);

/** Whether this command line has a flag, which may also be a variable. */
function asksFor(flag) {
  const args = process.argv.slice(2);
  const end = args.indexOf('--');
  return (
    (end === -1 ? args : args.slice(0, end)).includes(`--${flag}`) ||
    isOn(process.env[`ALONGSIDE_${flag.toUpperCase()}`])
  );
}

const line = (sentence) => `alongside: ${sentence}\n`;

/** Prints a note on standard error, because standard output is for the command's result. */
export function say(sentence) {
  if (!asksFor('quiet')) process.stderr.write(line(sentence));
}

/** Milliseconds between two reports of long work: on a terminal one line that changes, elsewhere lines of a log. */
const pause = { terminal: 200, log: 5_000 };

/**
 * Awaits slow work, and prints the activity and its progress.
 * @param measure returns how much is done, as text
 */
export async function whileSaying(sentence, work, measure = () => '') {
  const started = performance.now();
  const terminal = process.stderr.isTTY === true;
  const report = () => {
    const seconds = `${Math.round((performance.now() - started) / 1000)} s`;
    return [measure(), seconds].filter(Boolean).join(', ');
  };
  say(sentence);
  const tick = () => {
    if (!terminal) say(report());
    else if (!asksFor('quiet')) process.stderr.write(`\r\u001b[K${line(report()).trimEnd()}`);
  };
  const ticker = setInterval(tick, terminal ? pause.terminal : pause.log);
  try {
    return await work();
  } finally {
    clearInterval(ticker);
    if (terminal && !asksFor('quiet')) process.stderr.write('\r\u001b[K');
  }
}

const systemFailures = {
  ENOSPC: 'the disk is full: free some space, then try again',
  EDQUOT: 'the disk quota of this user is used up: free some space, then try again',
  EROFS: 'its disk can only be read: use a clone on another disk',
  EACCES: 'this user may not write here: check who owns this clone',
  EPERM: 'this user may not write here: check who owns this clone',
};

function stopOf(error) {
  if (error instanceof Stop) return error;
  const known = systemFailures[error?.code];
  return known && new Stop(`${error.path ?? 'a file'} cannot be written: ${known}`);
}

/** Runs a command's body; prints the sentence of a `Stop`, with `--json` as one JSON line, and exits with its code. */
export async function orOneSentence(body) {
  try {
    return await body();
  } catch (error) {
    const stop = stopOf(error);
    if (stop === undefined) throw error;
    const { message, exitCode } = stop;
    if (asksFor('json'))
      process.stdout.write(
        `${JSON.stringify({ error: { code: exitCode > 128 ? 'stopped' : 'failed', message } })}\n`,
      );
    else process.stderr.write(line(message));
    process.exit(exitCode);
  }
}
