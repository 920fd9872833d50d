import { html } from '@alongside/kernel/html';
import { counted } from '../table.ts';
import type { Evidence } from './evidence.ts';
import { outcomeWords, reportStyle } from './html-report.ts';

const rowWords: Readonly<Record<Evidence['rows'][number]['outcome'], string>> = {
  shown: 'Shown',
  failed: 'Failed',
  warning: 'Shown, with a warning',
  notShown: 'Not shown by this run',
};

const style = `${reportStyle}
table{border-collapse:collapse;width:100%}th,td{border:1px solid #8888;padding:.3rem .5rem;text-align:left;vertical-align:top}
caption{text-align:left;font-weight:bold;padding:.5rem 0}code{font-size:.85em}ul{margin:0;padding-left:1.2rem}
.row-failed{border-left:.5rem solid #b10e1e}.row-warning{border-left:.5rem solid #b58900}.row-shown{border-left:.5rem solid #12783c}
@media (max-width:45rem){thead{display:none}tr,td{display:block}tr{margin:0 0 1rem}}
@media print{:root{color-scheme:light}body{max-width:none;margin:0}article,tr{break-inside:avoid}a{color:inherit}}`;

type Check = Evidence['checks'][number];

const exchangeItem = ({ request, form, status, location, cookies = [] }: Check['exchanges'][number]) =>
  html`<li><code>${request}</code>${form === undefined ? undefined : html`<br>Form <code>${form}</code>`}
<br>Answer ${status}${location === undefined ? undefined : html`, to <code>${location}</code>`}
${cookies.map((cookie) => html`<br>Cookie <code>${cookie}</code>`)}</li>`;

const checkArticle = ({ name, outcome, done, expected, received, source, fix, exchanges, calls }: Check) =>
  html`<article class="${outcome}" id="${name}">
<h3>${outcomeWords[outcome]}: ${name}</h3>
<p>${received}</p>
<dl><dt>Done</dt><dd>${done}</dd><dt>Expected</dt><dd>${expected}</dd>
${fix === '' ? undefined : html`<dt>Fix</dt><dd>${fix}</dd>`}<dt>Source</dt><dd>${source}</dd>
${exchanges.length === 0 ? undefined : html`<dt>Sent to the application, and its answers</dt><dd><ul>${exchanges.map(exchangeItem)}</ul></dd>`}
${calls.length === 0 ? undefined : html`<dt>Calls of the application and to it</dt><dd><ul>${calls.map((call) => html`<li>${call}</li>`)}</ul></dd>`}</dl>
</article>`;

/** Returns evidence as one self-contained page for printing. */
export function evidencePage({ application, at, version, rows, checks }: Evidence): string {
  const { url, pattern, clientId } = application;
  const shown = rows.filter(({ outcome }) => outcome === 'shown' || outcome === 'warning').length;
  const failed = rows.filter(({ outcome }) => outcome === 'failed').length;
  const lines = rows.map(
    (row) =>
      html`<tr><td>${row.requirement}</td><td>${rowWords[row.outcome]}${
        row.byHand === undefined ? undefined : html`. <strong>By hand:</strong> ${row.byHand}`
      }</td><td>${
        row.checks.length === 0
          ? undefined
          : html`<ul>${row.checks.map((name) => html`<li><a href="#${name}">${name}</a></li>`)}</ul>`
      }</td><td>${row.source}</td></tr>`,
  );
  return `${html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Evidence for ${url}</title><style>${style}</style></head>
<body><main><h1>Evidence for ${url}</h1>
<p>${pattern === null ? 'The first sign-in did not succeed' : `The ${pattern} pattern, client ${clientId ?? ''}`}; ${at.slice(0, 16).replace('T', ' ')} UTC, by Alongside ${version}, against its own CIS2 with fictitious people. ${counted(shown, 'row')} of ${rows.length} shown, ${failed} failed. Codes, tokens, cookies and other values that change with each run are left out.</p>
<p>The list of NHS England is not public. The rows follow its public guidance for developers. This page is a record of what was tried; it is not an approval.</p>
<table><caption>Technical conformance</caption><thead><tr><th>Requirement</th><th>Result</th><th>Checks</th><th>Source</th></tr></thead>
<tbody>${lines}</tbody></table>
<h2>Checks</h2>
${checks.map(checkArticle)}
</main></body></html>
`}`;
}
