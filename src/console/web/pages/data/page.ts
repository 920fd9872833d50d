import { type Html, html } from '@alongside/kernel/html';
import { sql } from '../../../../storage/database.ts';
import { computed, integer, row } from '../../../../storage/row.ts';
import { orNull } from '../../../model/neighbour.ts';
import type { resetParts } from '../../../service/resources/installation.ts';
import { definePage, type PageView } from '../../frame/page.ts';

const countRow = row('setting', { count: computed(integer) });

async function inventory({ console }: PageView): Promise<Html> {
  const { database, agent, applications, products, apis } = console;
  const counted = async (text: string) => (await database.get(sql(text), countRow))?.count ?? 0;
  const [people, cards, registered, groups, apiList, patients, refusals] = await Promise.all([
    counted('SELECT COUNT(*) AS count FROM person'),
    orNull(agent.cards()),
    applications.list(),
    products.list(),
    apis.list(),
    counted('SELECT COUNT(*) AS count FROM patient'),
    counted('SELECT COUNT(*) AS count FROM refusal'),
  ]);
  const rows: readonly (readonly [name: string, count: number | undefined, where: string])[] = [
    ['People', people, '/people'],
    ['Virtual cards of this machine', cards?.length, '/cards'],
    ['Applications', registered.length, '/applications'],
    ['Products', groups.length, '/products'],
    ['APIs', apiList.length, '/products'],
    ['Patients', patients, '/patients'],
    ['Stored refusals', refusals, '/journeys?outcome=refused'],
  ];
  return html`<dl class="summary">${rows.map(
    ([name, count, where]) =>
      html`<dt>${where ? html`<a href="${where}">${name}</a>` : name}</dt><dd>${count === undefined ? 'does not respond' : count.toLocaleString('en-GB')}</dd>`,
  )}</dl>`;
}

const parts: readonly (readonly [part: (typeof resetParts)[number], label: string, hint: string])[] = [
  ['history', 'Sessions, tokens, mail and journeys', 'Everyone is signed out'],
  ['people', 'People, authenticators and cards', 'The seeded ones'],
  ['applications', 'Applications and products', 'Yours are deleted'],
  ['patients', 'Patients', 'The seeded ones'],
  ['apis', 'APIs', 'Added definitions are deleted'],
  ['clock', 'Clock', 'Real time'],
  ['faults', 'Faults', 'All off'],
];

const resetForm: Html = html`<form method="dialog" class="call" id="reset" data-method="POST" data-path="/reset" data-done="The seed data is restored."
 data-confirm="Restore the chosen parts, and delete all changes to them?">
<div class="error-summary" role="alert" tabindex="-1" hidden></div>
<fieldset><legend>Parts</legend>${parts.map(
  ([
    part,
    label,
    hint,
  ]) => html`<div class="choice"><input type="checkbox" id="part-${part}" name="parts" value="${part}" data-list checked>
<label for="part-${part}">${label}<span class="hint"> ${hint}</span></label></div>`,
)}</fieldset>
<p class="error-message" id="parts-error" hidden></p>
<div class="actions"><button type="submit" class="needs-script danger">Restore…</button></div></form>`;

const importForm: Html = html`<div id="import"><div class="field"><label for="import-file">File of an export</label>
<p class="hint" id="import-hint">Replaces everything: what the file lacks is removed. Nothing changes before you have seen the preview.</p>
<input type="file" id="import-file" accept="application/json,.json" class="needs-script" aria-describedby="import-hint import-problem"></div>
<div id="import-problem" class="error" role="alert" hidden></div>
<div id="import-preview" hidden></div></div>`;

/** The contents of the installation; export, import and reset. */
export const dataPage = definePage({
  path: '/data',
  only: 'development',
  navigation: { group: 'desk', label: 'Data' },
  program: 'pages/data/data',
  parts: { inventory: { on: ['data', 'person', 'application', 'card', 'journey'], render: inventory } },
  async render({ part }) {
    return {
      title: 'Data',
      main: html`<div class="cards"><section class="panel" aria-labelledby="h-there"><h2 id="h-there">What there is</h2>${await part('inventory')}</section>
<section class="panel restore" aria-labelledby="h-reset"><h2 id="h-reset">Restore the seed</h2>${resetForm}</section><section class="panel" aria-labelledby="h-export"><h2 id="h-export">Export</h2>
<p>People, cards, applications, products, APIs and patients as JSON. It contains hashes of secrets and keys of cards, so keep it secret.</p>
<div class="actions"><a class="button secondary" href="/api/v1/export" download="alongside-export.json">Download the export</a>
<a href="/api/v1/export?cards=false" download="alongside-export.json">without the cards</a></div></section>
<section class="panel" aria-labelledby="h-import"><h2 id="h-import">Import</h2>${importForm}</section></div>`,
    };
  },
});
