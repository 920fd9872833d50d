import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const wcag = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
/** The rules that colours decide. */
const ofColours = ['color-contrast', 'link-in-text-block'];

async function hasNoViolation(page: Page, runOnly: readonly string[]): Promise<void> {
  const run = `(async () => (await axe.run({ runOnly: ${JSON.stringify(runOnly)} })).violations)()`;
  const violations = (await page.evaluate(run)) as { id: string; nodes: { html: string }[] }[];
  assert.deepEqual(
    violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`),
    [],
  );
}

async function fits(page: Page): Promise<void> {
  const wide = await page.evaluate(
    'document.documentElement.scrollWidth > document.documentElement.clientWidth',
  );
  assert.equal(wide, false);
}

/** WCAG 2.2 AA by axe-core, 320 px wide without scrolling sideways, light and dark. */
export async function isAccessible(page: Page): Promise<void> {
  await page.setViewportSize({ width: 320, height: 640 });
  await page.evaluate(axe);
  await hasNoViolation(page, wcag);
  await fits(page);
  await page.emulateMedia({ colorScheme: 'dark' });
  await hasNoViolation(page, ofColours);
  await fits(page);
}
