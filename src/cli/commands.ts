import type { Command } from './command.ts';
import { agent } from './commands/agent.ts';
import { card } from './commands/card.ts';
import { explain } from './commands/explain.ts';
import { reset } from './commands/reset.ts';
import { status } from './commands/status.ts';
import { up } from './commands/up.ts';

/** Every command, in the order in which help shows them. */
export const commands: readonly Command[] = [up, status, card, agent, reset, explain];

const names = commands.map((command) => command.name);
if (new Set(names).size !== names.length) throw new Error('Two commands have the same name.');
