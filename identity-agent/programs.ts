import { type BrowserPrograms, programsBelow } from '@alongside/kernel/browser-programs';

/** The programs of the agent's pages. */
export const programs: BrowserPrograms = programsBelow(import.meta.dirname);
