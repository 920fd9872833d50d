import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { environment } from '@alongside/kernel/operator';
import type { Page } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const wcag = { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] };
/** The rules that depend on colours, which take half of axe-core's time. */
const ofColours = ['color-contrast', 'link-in-text-block'];
const withoutColours = Object.fromEntries(ofColours.map((rule) => [rule, { enabled: false }]));
/** A folder for screenshots; without it none are taken. */
const pictures = environment().ALONGSIDE_PICTURES;

/**
 * Asserts WCAG 2.2 AA with axe-core at 320 px without sideways scrolling, in light and dark colours; in dark colours alone after
 * `examine`, which has asserted the light ones.
 */
export async function isAccessible(page: Page, { isExamined = false } = {}): Promise<void> {
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 320, height: 640 });
  await hasNoViolation(page, isExamined ? { ...wcag, rules: withoutColours } : wcag);
  await fits(page);
  await page.emulateMedia({ colorScheme: 'dark' });
  await hasNoViolation(page, { runOnly: ofColours });
  await fits(page);
}

/** The overrides of WCAG 2.2 criterion 1.4.12. */
const textSpacing =
  '* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important } p { margin-bottom: 2em !important }';

/** Asserts in a window of 1280 by 1024 px at 400 %: text spacing fits, and each focused control is in sight, has a ring and is not covered. */
export async function isUsableAtHighZoom(page: Page): Promise<void> {
  await page.setViewportSize({ width: 320, height: 256 });
  const hidden = await page.evaluate(`(() => {
    const focusable = 'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]';
    const wrong = [];
    for (const control of document.querySelectorAll(focusable)) {
      if (!control.checkVisibility({ visibilityProperty: true }) || control.disabled || control.type === 'radio') continue;
      control.focus({ focusVisible: true });
      if (document.activeElement !== control) continue;
      const { left, top, width, height } = control.getClientRects()[0] ?? new DOMRect();
      const x = left + Math.min(width, 40) / 2, y = top + Math.min(height, 20) / 2;
      const found = document.elementFromPoint(x, Math.max(y, 1));
      const label = [...(control.labels ?? [])].some((each) => each.contains(found));
      const ring = getComputedStyle(control).outlineStyle !== 'none' || control.closest('label:focus-within, .option');
      if (!found || !(control.contains(found) || found.contains(control) || label) || !ring)
        wrong.push((control.id || control.className) + ' ' + control.textContent.trim().slice(0, 40));
    }
    return wrong;
  })()`);
  assert.deepEqual(hidden, [], page.url());
  await page.evaluate((text) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    document.adoptedStyleSheets = [sheet];
  }, textSpacing);
  await fits(page);
}

/** Asserts all rules of axe-core in the page's own window, and takes a screenshot if enabled. */
export async function examine(page: Page, name: string): Promise<void> {
  await hasNoViolation(page);
  await fits(page);
  if (pictures) await page.screenshot({ path: `${pictures}/${name}.png`, fullPage: true });
}

/** Does both: all rules in a wide window, then those for a narrow one and for dark colours. */
export async function examineInAllWindows(page: Page, name: string): Promise<void> {
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 1024, height: 800 });
  await examine(page, name);
  await isAccessible(page, { isExamined: true });
  if (pictures) await page.screenshot({ path: `${pictures}/${name}-narrow-dark.png`, fullPage: true });
}

/** A link with its address, or a button, in a snapshot of the accessibility tree. */
const controlIn = /^\s*- '?(link|button) "((?:[^"\\]|\\.)*)"[^\n]*(?:\n\s*- \/url: (\S+))?/gm;

/**
 * Asserts what a listener to the accessibility tree needs: no heading skips a level, each table has a name, each link and button has
 * one, and the same name means the same target.
 */
export async function isClearToListeners(page: Page): Promise<void> {
  const tree = await page.locator('main').ariaSnapshot();
  const targets = new Map<string, string[]>();
  for (const [, role, name = '', url = ''] of tree.matchAll(controlIn)) {
    const key = `${role} ${name}`;
    const known = targets.get(key) ?? [];
    if (role === 'button' || !known.includes(url)) targets.set(key, [...known, url]);
  }
  const unclear = [...targets].filter(([, urls]) => urls.length > 1).map(([key]) => key);
  const nameless = tree.match(/^\s*- (?:link|button|table|checkbox|combobox|textbox)(?: \[.*)?:?$/gm) ?? [];
  const levels = [...tree.matchAll(/heading .*\[level=(\d)\]/g)].map(([, level]) => Number(level));
  const skipped = levels.flatMap((level, index) =>
    level > (levels[index - 1] ?? 0) + 1 ? `heading ${index + 1} has level ${level}` : [],
  );
  assert.deepEqual([...unclear, ...nameless, ...skipped], [], `${page.url()}\n${tree}`);
}

async function hasNoViolation(page: Page, options: object = {}): Promise<void> {
  if (!(await page.evaluate("'axe' in window"))) await page.evaluate(axe);
  // Details of passed rules would take a fifth of the time.
  const run = `(async () => (await axe.run(${JSON.stringify({ ...options, resultTypes: ['violations'] })})).violations)()`;
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
