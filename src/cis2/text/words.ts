import { english, type Words } from './english.ts';

/** What the pages say: the one place that chooses the language. */
export const words: Words = english;
