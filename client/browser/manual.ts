import type { Browser } from './browser.ts';
import { UNWATCHED } from './browser.ts';

/** Shows the address for the user to open, for terminals and remote desktops. */
export function manualBrowser(show: (url: string) => void | Promise<void>): Browser {
  return {
    async open(url) {
      await show(url);
      return UNWATCHED;
    },
  };
}
