import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { environment } from '@alongside/kernel/operator';
import type { BrowserContextOptions, Page } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const wcag = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
/** The rules that depend on colours. */
const ofColours = ['color-contrast', 'link-in-text-block'];
/** A folder for screenshots; without it none are taken. */
const pictures = environment().ALONGSIDE_PICTURES;

/** The windows in which a page is examined. */
export const looks: Record<string, BrowserContextOptions> = {
  light: { colorScheme: 'light', viewport: { width: 1024, height: 800 } },
  dark: { colorScheme: 'dark', viewport: { width: 1024, height: 800 } },
  narrow: { colorScheme: 'light', viewport: { width: 320, height: 640 } },
};

/** Asserts WCAG 2.2 AA with axe-core at 320 px without sideways scrolling, in light and dark colours. */
export async function isAccessible(page: Page): Promise<void> {
  await page.setViewportSize({ width: 320, height: 640 });
  await hasNoViolation(page, wcag);
  await fits(page);
  await page.emulateMedia({ colorScheme: 'dark' });
  await hasNoViolation(page, ofColours);
  await fits(page);
}

/** Asserts all rules of axe-core in the page's own window, and takes a screenshot if enabled. */
export async function examine(page: Page, name: string): Promise<void> {
  await hasNoViolation(page);
  await fits(page);
  if (pictures) await page.screenshot({ path: `${pictures}/${name}.png`, fullPage: true });
}

async function hasNoViolation(page: Page, runOnly?: readonly string[]): Promise<void> {
  if (!(await page.evaluate("'axe' in window"))) await page.evaluate(axe);
  const run = `(async () => (await axe.run(${JSON.stringify({ runOnly })})).violations)()`;
  const violations = (await page.evaluate(run)) as { id: string; nodes: { html: string }[] }[];
  assert.deepEqual(
    violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`),
    [],
    page.url(),
  );
}

async function fits(page: Page): Promise<void> {
  const wide = await page.evaluate(`(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) return [];
    const beyond = [...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > clientWidth);
    return ['scrolls sideways', ...beyond.slice(-5).map(({ tagName, className, textContent }) => tagName + '.' + className + ' ' + textContent.slice(0, 80))];
  })()`);
  assert.deepEqual(wide, [], page.url());
}
