import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { share } from './shared.ts';

/** The Chromium that tests drive. */
export function browserPath(): string {
  const candidates = [
    process.env.ALONGSIDE_BROWSER,
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

/** Flags that prevent a test browser's background traffic; disables the sandbox only for root, where Chromium requires it. */
export const browserFlags = [
  '--disable-gpu',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
];

/** Time limit of each wait in milliseconds, long enough for a loaded machine. The runner ends a test that hangs. */
const timeout = 120_000;

/** Returns a browser for a test file: one that the files of a group share. Its `close` closes the contexts of this file. */
export async function launchBrowser(flags: readonly string[] = []): Promise<Browser> {
  const { part: chrome, end } = await share(`browser ${flags.join(' ')}`, async () => {
    const browser = await startBrowser(flags);
    return { part: browser, end: () => browser.close() };
  });
  const contexts: BrowserContext[] = [];
  const browser: Browser = Object.create(chrome);
  browser.newContext = async (options) => {
    const context = await chrome.newContext(options);
    context.setDefaultTimeout(timeout);
    contexts.push(context);
    return context;
  };
  browser.close = async () => {
    await Promise.all(contexts.map((context) => context.close()));
    await end();
  };
  return browser;
}

const startBrowser = (flags: readonly string[]): Promise<Browser> =>
  chromium.launch({
    executablePath: process.env.ALONGSIDE_HEADLESS_BROWSER || browserPath(),
    args: [...browserFlags, ...flags],
    timeout,
  });

/** Resolves in the page to the milliseconds until its first paint with content. */
const firstContent = `new Promise((resolve) => {
  new PerformanceObserver((list) => {
    for (const { name, startTime } of list.getEntries()) if (name === 'first-contentful-paint') resolve(startTime);
  }).observe({ type: 'paint', buffered: true });
})`;

/** Opens an address in a new page. Returns the time until its first paint, and the processor time of its main thread until then, which depends less on other programs. */
export async function firstPaint(
  context: BrowserContext,
  url: string,
): Promise<{ ms: number; processorMs: number }> {
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  await page.goto(url, { waitUntil: 'commit' });
  const ms = Number(await page.evaluate(firstContent));
  const { metrics } = await session.send('Performance.getMetrics');
  await page.close();
  return { ms, processorMs: 1_000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0) };
}

/** Records every document of the page, so that a test can prove that no prompt was shown. */
export function watchDocuments(page: Page): { status: number; url: string }[] {
  const seen: { status: number; url: string }[] = [];
  page.on('response', (response) => {
    if (response.request().isNavigationRequest() && response.frame() === page.mainFrame())
      seen.push({ status: response.status(), url: response.url() });
  });
  return seen;
}
