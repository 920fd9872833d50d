// The agent of a workstation in the package: `alongside identity-agent`.
import { runProgram } from '../../identity-agent/program.ts';

await runProgram(process.argv.slice(3));
