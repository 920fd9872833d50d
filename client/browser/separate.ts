import type { Browser } from './browser.ts';
import type { ChromiumSettings } from './chromium.ts';
import { launchChromium } from './chromium.ts';

/**
 * A separate browser that is launched for the sign-in and closed after it: a program of the Chromium family in
 * its own process group with its own temporary profile. The smartcard's session is the Identity Agent's, not a
 * cookie's, so a signed-in desk sees redirects only, although this browser has never been used before.
 */
export function separateBrowser(settings: ChromiumSettings): Browser {
  return { open: (url) => launchChromium(settings, url) };
}
