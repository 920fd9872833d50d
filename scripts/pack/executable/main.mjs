// The first module of the single executable. It has three programs: the command line, the agent of a workstation, and the
// processes that the agent starts for cards.
import '../first.cjs';

/** The agent starts these with a channel, and with their name as the first word. */
const cardProcesses = {
  'pcsc-process': () => import('../../../identity-agent/card/pcsc-process.ts'),
  'pkcs11-process': () => import('../../../identity-agent/card/pkcs11-process.ts'),
};

const word = process.argv[2] ?? '';
if (process.send !== undefined && Object.hasOwn(cardProcesses, word)) {
  process.argv.splice(2, 1);
  await cardProcesses[word]();
} else if (word === 'identity-agent') {
  const { runProgram } = await import('../../../identity-agent/program.ts');
  await runProgram(process.argv.slice(3));
} else {
  await import('../../../src/cli/main.ts');
}
