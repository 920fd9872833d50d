import { cardActs } from './card-acts.ts';
import type { Command } from './command.ts';
import { doctor } from './doctor.ts';
import { openPages } from './open-pages.ts';
import { settings } from './settings.ts';
import { status } from './status.ts';
import { watch } from './watch.ts';
import { watchScreen } from './watch-screen.ts';

/** The commands that are more than one call of a method. */
export const commands: readonly Command[] = [
  status,
  doctor,
  settings,
  ...cardActs,
  watch,
  watchScreen,
  openPages,
];

if (new Set(commands.map(({ name }) => name)).size !== commands.length)
  throw new Error('Two commands have the same name.');
