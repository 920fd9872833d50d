import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';

/** The Chromium that tests drive. */
export function browserPath(): string {
  const candidates = [
    process.env.ALONGSIDE_BROWSER,
    '/usr/bin/chromium-headless-shell',
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
  ];
  const found = candidates.find((path) => path && existsSync(path));
  if (!found)
    throw new Error(
      'No Chromium was found. Install the package chromium, or name the browser in ALONGSIDE_BROWSER.',
    );
  return found;
}

/** Flags that keep a test's browser from calling home; without a sandbox only for root, where Chromium refuses one. */
export const browserFlags = [
  '--disable-gpu',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
];

/** The limit of each wait, in milliseconds: long enough for a machine under load. The runner ends a test that hangs. */
const patience = 120_000;

export async function launchBrowser(flags: readonly string[] = []): Promise<Browser> {
  const args = [...browserFlags, ...flags];
  const browser = await chromium.launch({ executablePath: browserPath(), args, timeout: patience });
  const newContext = browser.newContext.bind(browser);
  browser.newContext = async (options) => {
    const context = await newContext(options);
    context.setDefaultTimeout(patience);
    return context;
  };
  return browser;
}

/** Notes every document that the page shows, so that a test can say that nobody was asked. */
export function watchDocuments(page: Page): { status: number; url: string }[] {
  const seen: { status: number; url: string }[] = [];
  page.on('response', (response) => {
    if (response.request().isNavigationRequest() && response.frame() === page.mainFrame())
      seen.push({ status: response.status(), url: response.url() });
  });
  return seen;
}
