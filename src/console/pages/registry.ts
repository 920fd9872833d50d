import type { ConsolePage } from '../page/page.ts';
import { comparePage } from './compare/page.ts';
import { journeyPage } from './journey/page.ts';
import { journeysPage } from './journeys/page.ts';
import { overviewPage } from './overview/page.ts';
import { remainingPage } from './remaining.ts';

/** All pages, in the order of the navigation. */
export const consolePages: readonly ConsolePage[] = [
  overviewPage,
  journeysPage,
  comparePage,
  journeyPage,
  remainingPage,
];
