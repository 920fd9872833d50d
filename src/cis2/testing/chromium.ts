import { existsSync } from 'node:fs';
import { getuid } from 'node:process';
import { environment } from '@alongside/kernel/operator';
import { type Browser, chromium } from 'playwright-core';

const names = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** A real browser without a display. */
export async function startChromium(): Promise<Browser> {
  const executablePath = environment().ALONGSIDE_BROWSER ?? names.find((name) => existsSync(name));
  if (!executablePath)
    throw new Error('Chromium is not installed. Install it, or name it in ALONGSIDE_BROWSER.');
  return chromium.launch({ executablePath, args: getuid?.() === 0 ? ['--no-sandbox'] : [] });
}
