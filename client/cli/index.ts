/** The native journey as commands, for programs in any language. */

export { ClientError } from '../errors.ts';
export type { Terminal } from './commands.ts';
export { runNativeCommand, sentencesOf } from './commands.ts';
export type { NativeCommandName } from './options.ts';
export { FLAGS, helpOf, NATIVE_COMMANDS } from './options.ts';
export { processTerminal } from './terminal.ts';
