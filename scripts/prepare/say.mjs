/** A failure that its user can mend: one sentence that says what is wrong and what to do. */
export class Stop extends Error {}

/** Tells the user something. On standard error, because standard output belongs to the command's own answer. */
export function say(sentence) {
  process.stderr.write(`alongside: ${sentence}\n`);
}

/** Awaits slow work; says what is being done, and every 15 s that it still is. */
export async function whileSaying(sentence, work) {
  const started = performance.now();
  const seconds = () => Math.round((performance.now() - started) / 1000);
  say(sentence);
  const ticker = setInterval(() => say(`still at it after ${seconds()} s`), 15_000);
  try {
    return await work();
  } finally {
    clearInterval(ticker);
  }
}

/** Runs a command's body; a `Stop` becomes its sentence and exit code 1. */
export async function orOneSentence(body) {
  try {
    return await body();
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    say(error.message);
    process.exit(1);
  }
}
