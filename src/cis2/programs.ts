import { type BrowserPrograms, programsBelow } from '@alongside/kernel/browser-programs';

/** The programs of CIS2's pages. */
export const programs: BrowserPrograms = programsBelow(import.meta.dirname);
