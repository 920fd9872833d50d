import { english, type Words } from './english.ts';

/** The texts of the pages. The language is chosen here only. */
export const words: Words = english;
