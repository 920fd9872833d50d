import type { Browser } from '../browser/browser.ts';
import { findBrowser } from '../browser/chromium.ts';
import { environmentVariable, ownUid } from '../environment.ts';
import { userAgent } from './user-agent.ts';

/** A test browser without a window: follows redirects to the end, then waits until it is closed. */
export function redirectBrowser(
  change: (callback: URL) => void = () => undefined,
): Browser & { closed: boolean } {
  const browser = {
    closed: false,
    async open(url: string) {
      const agent = userAgent();
      const visit = async () => {
        const callback = new URL(await agent.follow(url, 'http://127.0.0.1:'));
        change(callback);
        await fetch(callback);
      };
      visit().catch(() => undefined);
      return {
        closed: new Promise<void>(() => undefined),
        close: async () => {
          browser.closed = true;
        },
      };
    },
  };
  return browser;
}

/** Flags of Chromium in tests: headless, and as root without the sandbox. */
export function headlessChromium(): { executable: string; flags: string[] } {
  const executable = environmentVariable('ALONGSIDE_BROWSER') ?? findBrowser();
  if (!executable)
    throw new Error('The browser tests need Chromium: install it, or put it on the search path.');
  return { executable, flags: ['--headless', ...(ownUid() === 0 ? ['--no-sandbox'] : [])] };
}
