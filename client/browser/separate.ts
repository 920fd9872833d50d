import type { Browser } from './browser.ts';
import type { ChromiumSettings } from './chromium.ts';
import { launchChromium } from './chromium.ts';

/**
 * Launches a separate browser of the Chromium family for the sign-in and closes it afterwards. It has its own process group and
 * temporary profile. The smartcard session is held by the Identity Agent, not by a cookie, so a signed-in user sees only
 * redirects.
 */
export function separateBrowser(settings: ChromiumSettings): Browser {
  return { open: (url) => launchChromium(settings, url) };
}
