/** A failure that the user can fix: one sentence with the problem and the remedy. */
export class Stop extends Error {}

/** Prints a sentence on standard error, because standard output is for the command's result. */
export function say(sentence) {
  process.stderr.write(`alongside: ${sentence}\n`);
}

/** Awaits slow work; prints the activity, and every 15 s that it continues. */
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

/** Runs a command's body; prints the sentence of a `Stop` and exits with 1. */
export async function orOneSentence(body) {
  try {
    return await body();
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    say(error.message);
    process.exit(1);
  }
}
