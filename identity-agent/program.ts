/** Runs the program of the package: without arguments the agent, with a command a call of the running one. */
export async function runProgram([word, ...rest]: readonly string[]): Promise<void> {
  if (word === undefined || word === 'run') await (await import('./main.ts')).run(rest);
  else if (word.startsWith('--') && !['--help', '--version', '--json', '--socket'].includes(word))
    await (await import('./main.ts')).run([word, ...rest]);
  else await (await import('./cli.ts')).cli([word, ...rest]);
}
