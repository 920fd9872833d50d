import { type Html, html } from '@alongside/kernel/html';
import { counted } from '@alongside/kernel/operator';
import type { Banner, ExplainedCheck } from '../../../explanations/finding.ts';
import type { Explanation } from '../../../explanations/registry.ts';
import { foreign, table } from '../../frame/controls.ts';
import { refusalDetails } from '../journey/header.ts';

const marks: Readonly<
  Record<ExplainedCheck['outcome'], readonly [mark: string, tone: 'good' | 'bad' | 'plain' | 'warn']>
> = {
  passed: ['✓', 'good'],
  failed: ['✕', 'bad'],
  'not applicable': ['–', 'plain'],
  unknown: ['?', 'warn'],
};

/** An outcome as a mark and a word. */
function checkTag(outcome: ExplainedCheck['outcome']): Html {
  const [mark, tone] = marks[outcome];
  return html`<span class="tag ${tone}"><span aria-hidden="true">${mark}</span> ${outcome}</span>`;
}

const bannerOf = (banner: Banner): Html => html`
<section class="banner" aria-labelledby="h-banner"><h2 id="h-banner"><span aria-hidden="true">✕</span> ${banner.headline}</h2>${refusalDetails(banner, null)}</section>`;

const checkRow = ({ name, outcome, received, expected, why }: ExplainedCheck) => ({
  cells: [
    html`<strong>${foreign(name)}</strong>`,
    checkTag(outcome),
    foreign(received),
    html`<bdi>${expected}</bdi>`,
    html`<bdi>${why}</bdi>`,
  ],
  tone: outcome === 'failed' ? ('bad' as const) : undefined,
});

/** Where else a text could belong: buttons for the script, or links for an id. */
function alternativesOf({ alternatives }: Explanation, q: string | undefined): Html | undefined {
  if (alternatives.length === 0) return undefined;
  return html`<span class="quiet">Not that?</span> ${alternatives.map(({ kind, label }) =>
    q === undefined
      ? html`<button type="button" class="small secondary needs-script" data-as="${kind}">It is ${label}</button> `
      : html`<a class="button small secondary" href="/explain?${new URLSearchParams({ q, as: kind }).toString()}">It is ${label}</a> `,
  )}`;
}

/** An explanation as markup, for the page and for its script. */
export function explanationView(found: Explanation, q?: string): Html {
  const { recognisedAs, summary, banner, checks, links, details = [] } = found;
  const failed = checks.filter(({ outcome }) => outcome === 'failed').length;
  const good = recognisedAs ? 'good' : '';
  return html`<h2 class="taken" id="h-taken" tabindex="-1">${recognisedAs ? html`Taken for ${recognisedAs.label}` : 'Not recognised'}</h2>
<p class="actions">${alternativesOf(found, q)}</p>
<p class="verdict ${banner || failed > 0 ? 'bad' : good}"><bdi>${summary}</bdi></p>
${banner ? bannerOf(banner) : undefined}
${
  links.length > 0
    ? html`<ul class="found">${links.map(({ label, href }) => html`<li><a href="${href}">${foreign(label)}</a></li>`)}</ul>`
    : undefined
}
${
  checks.length > 0
    ? html`<h2>All checks</h2><p class="quiet">In the order of the service, also after the first failure: ${counted(checks.length, 'check')}, ${failed} failed.</p>
${table('Checks', ['Check', 'Result', 'Received', 'Expected', 'Why'], checks.map(checkRow))}`
    : undefined
}
${
  details.length > 0
    ? html`<h2>Header and claims</h2>${table(
        'Header and claims',
        ['Name', 'Value', 'Meaning'],
        details.map(({ name, value, meaning }) => ({
          cells: [html`<code>${foreign(name)}</code>`, foreign(value), meaning],
        })),
      )}`
    : undefined
}`;
}
