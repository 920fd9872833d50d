import { type Html, html } from '@alongside/kernel/html';
import { definePage } from '../../frame/page.ts';
import { runbooksText } from './text.ts';

/** Returns the address of the runbook of an alert, as `runbook_url` of its rule ends. */
export const runbookAddress = (alert: string): string => `/runbooks#${alert.toLowerCase()}`;

const inline = /`([^`]{1,300})`|\*\*([^*]{1,80})\*\*|\*([^*]{1,80})\*|\[([^[\]]{1,80})\]\(([^()]{1,80})\)/g;

/** A link of the page, or the name of a page of the documentation, which this console does not serve. */
const link = (label: string, address: string): Html => {
  if (address.startsWith('#')) return html`<a href="${address}">${label}</a>`;
  const [file = ''] = address.split('#');
  return label === file
    ? html`<code>docs/${file}</code>`
    : html`${label} <span class="quiet">(docs/${file})</span>`;
};

/** Code, emphasis and links of a line of Markdown. */
function line(text: string): Html {
  const parts: (Html | string)[] = [];
  let at = 0;
  for (const { 0: whole, index, ...found } of text.matchAll(inline)) {
    parts.push(text.slice(at, index));
    const [code, strong, emphasis, label, address = ''] = [found[1], found[2], found[3], found[4], found[5]];
    if (code) parts.push(html`<code>${code}</code>`);
    else if (strong) parts.push(html`<strong>${strong}</strong>`);
    else if (emphasis) parts.push(html`<em>${emphasis}</em>`);
    else if (label) parts.push(link(label, address));
    at = index + whole.length;
  }
  return html`${parts}${text.slice(at)}`;
}

/** Lets a narrow page break the name of an alert between its words. */
const breakable = (name: string): Html => html`${name.split(/(?=[A-Z])/).map((word) => html`<wbr>${word}`)}`;

/** A block of the Markdown of the runbooks: a heading, a list, code, or a paragraph. */
function block(text: string): Html {
  if (text.startsWith('```'))
    return html`<pre class="block" tabindex="0">${text.split('\n').slice(1, -1).join('\n')}</pre>`;
  if (text.startsWith('## ')) {
    const [heading = '', ...rest] = text.slice(3).split('\n');
    return html`<h2 id="${heading.toLowerCase()}">${breakable(heading)}</h2>${rest.length > 0 ? block(rest.join('\n')) : undefined}`;
  }
  const [first = '', ...items] = text.split(/\n- |^- /);
  return html`${first ? html`<p>${line(first)}</p>` : undefined}${
    items.length > 0 ? html`<ul>${items.map((item) => html`<li>${line(item)}</li>`)}</ul>` : undefined
  }`;
}

const blocks = runbooksText
  .trim()
  .split(/\n{2,}/)
  .slice(1);
const alerts = [...runbooksText.matchAll(/^## (\w+)$/gm)].map(([, alert = '']) => alert);

/** The steps for each alert: `docs/runbooks.md`. */
export const runbooksPage = definePage({
  path: '/runbooks',
  roles: ['support', 'read'],
  async render() {
    return {
      title: 'Runbooks',
      crumbs: [{ label: 'Health', href: '/health' }],
      main: html`<nav class="panel" aria-label="Alerts"><ul class="plain">${alerts.map(
        (alert) => html`<li><a href="#${alert.toLowerCase()}">${breakable(alert)}</a></li>`,
      )}</ul></nav>${blocks.map(block)}`,
    };
  },
});
