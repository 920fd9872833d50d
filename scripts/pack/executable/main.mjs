// The first module of the single executable. Its programs are the command line, the agent of a workstation, and the processes that
// these start: for cards, and for checks against definitions of APIs.
import '../first.cjs';

/** The agent and the gateway start these with a channel, and with their name as the first word. */
const childPrograms = {
  'pcsc-process': () => import('../../../identity-agent/card/pcsc-process.ts'),
  'validation-worker': () => import('../../../src/gateway/definitions/validation-worker.ts'),
  'signing-process': () => import('../../../src/boot/signing/signing-process.ts'),
  'pkcs11-process': () => import('../../../identity-agent/card/pkcs11-process.ts'),
};

const word = process.argv[2] ?? '';
if (process.send !== undefined && Object.hasOwn(childPrograms, word)) {
  process.argv.splice(2, 1);
  await childPrograms[word]();
} else if (word === 'identity-agent') {
  const { runProgram } = await import('../../../identity-agent/program.ts');
  await runProgram(process.argv.slice(3));
} else {
  await import('../../../src/cli/main.ts');
}
