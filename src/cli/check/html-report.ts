import { html } from '@alongside/kernel/html';
import type { Outcome } from './check.ts';
import { countsOf, type Result } from './run.ts';

export const outcomeWords: Readonly<Record<Outcome, string>> = {
  passed: 'Passed',
  failed: 'Failed',
  warning: 'Warning',
  notRun: 'Not run',
};

export const reportStyle = `:root{color-scheme:light dark;font:1rem/1.5 system-ui,sans-serif}
body{max-width:60rem;margin:2rem auto;padding:0 1rem;overflow-wrap:anywhere}
article{border:1px solid #8888;border-left-width:.5rem;padding:.5rem 1rem;margin:1rem 0}
.failed{border-left-color:#b10e1e}.warning{border-left-color:#b58900}.passed{border-left-color:#12783c}
article h2,article h3{font-size:1rem;margin:.25rem 0}dt{font-weight:bold}dd{margin:0 0 .5rem}`;

/** Returns the results as one self-contained page, failures first. */
export function htmlReport(url: string, at: Date, results: readonly Result[]): string {
  const { passed, failed, warning, notRun } = countsOf(results);
  const order: readonly Outcome[] = ['failed', 'warning', 'passed', 'notRun'];
  const sorted = results.toSorted(
    (left, right) => order.indexOf(left.outcome) - order.indexOf(right.outcome),
  );
  const articles = sorted.map(
    ({ outcome, name, done, expected, received, source, fix }) => html`<article class="${outcome}">
<h2>${outcomeWords[outcome]}: ${name}</h2>
<p>${received}</p>
<dl><dt>Done</dt><dd>${done}</dd><dt>Expected</dt><dd>${expected}</dd>
${fix === '' ? undefined : html`<dt>Fix</dt><dd>${fix}</dd>`}<dt>Source</dt><dd>${source}</dd></dl>
</article>`,
  );
  return `${html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Checks of ${url}</title><style>${reportStyle}</style></head>
<body><main><h1>Checks of ${url}</h1>
<p>${at.toISOString().slice(0, 16).replace('T', ' ')} UTC: ${passed} passed, ${failed} failed, ${warning} warnings, ${notRun} not run.</p>
${articles}
</main></body></html>
`}`;
}
