import { type Html, html } from '@alongside/kernel/html';
import { counted } from '@alongside/kernel/operator';
import { auditActions } from '../../../../storage/audit/catalogue.ts';
import type { AuditFilter, AuditRecord } from '../../../../storage/audit.ts';
import { errors } from '../../../model/errors.ts';
import { auditPage } from '../../../service/audit-search.ts';
import { journeyOfRecord } from '../../../service/find-journey.ts';
import {
  callButton,
  copied,
  emptyState,
  filterForm,
  foreign,
  joined,
  outcomeTag,
  relative,
  table,
  when,
  withQuery,
} from '../../frame/controls.ts';
import { definePage, type PageView } from '../../frame/page.ts';
import { applicationNames, peopleOf } from '../../parts/names.ts';

const pageSize = 50;
const names = ['actor', 'action', 'application', 'subject', 'outcome', 'from', 'to'] as const;
const outcomes = ['ok', 'refused', 'failed'];

const text = (query: URLSearchParams, name: string): string | undefined =>
  query.get(name)?.trim().slice(0, 300) || undefined;

/** Returns a day or a time of the query in milliseconds. */
function time(query: URLSearchParams, name: string): number | undefined {
  const value = text(query, name);
  const parsed = value && /^\d{4}-\d{2}-\d{2}/.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(parsed) ? undefined : parsed;
}

const filterOf = (query: URLSearchParams): AuditFilter => ({
  actor: text(query, 'actor'),
  action: text(query, 'action'),
  application: text(query, 'application'),
  subject: text(query, 'subject'),
  outcome: outcomes.find((outcome) => outcome === query.get('outcome')),
  from: time(query, 'from'),
  to: time(query, 'to'),
});

const filters = (query: URLSearchParams): Html =>
  filterForm(
    '/audit',
    query,
    [
      { name: 'actor', label: 'Who: uid or service', type: 'text', maxlength: 300 },
      { name: 'action', label: 'Action', options: Object.keys(auditActions) },
      { name: 'outcome', label: 'Outcome', options: outcomes },
      { name: 'application', label: 'Application', type: 'text', maxlength: 300 },
      { name: 'from', label: 'From (day, UTC)', type: 'date' },
      { name: 'to', label: 'Before (day, UTC)', type: 'date' },
      { name: 'subject', maxlength: 300 },
    ],
    'Filter',
  );

const facts = ({ detail, target }: AuditRecord): Html => {
  const members = Object.entries(detail)
    .filter(([, value]) => value !== '')
    .slice(0, 4);
  if (!target && members.length === 0) return html``;
  return html`<span class="facts">${target ? foreign(target) : undefined}${members.map(
    ([name, value]) => html` <span class="quiet">${name}</span> ${foreign(String(value), 80)}`,
  )}</span>`;
};

/** An id with its name, if it has one. */
const named = (id: string, name: string | undefined): Html =>
  name === undefined || name === id
    ? foreign(id)
    : html`${foreign(name)}<br><span class="quiet uid">${foreign(id)}</span>`;

const tag = (outcome: string): Html =>
  outcome === 'ok' || outcome === 'refused' || outcome === 'failed' ? outcomeTag(outcome) : foreign(outcome);

async function list(view: PageView): Promise<Html> {
  const { console, query, now } = view;
  const after = Number(/^\d{1,15}$/.exec(query.get('after') ?? '')?.[0] ?? Number.NaN);
  const { records, next } = await auditPage(console.audit, {
    ...filterOf(query),
    order: 'newest',
    limit: pageSize,
    after: Number.isNaN(after) ? undefined : after,
  });
  const used = names.filter((name) => query.get(name));
  if (records.length === 0)
    return emptyState(
      used.length === 0 ? 'There are no records.' : 'No record matches.',
      used.length === 0
        ? undefined
        : html`<p>Drop a filter: ${joined(used.map((name) => html`<a href="${withQuery('/audit', query, { [name]: undefined, after: undefined })}">${name}</a>`))}.</p>`,
    );
  const [people, applications] = await Promise.all([
    peopleOf(
      view,
      records.flatMap(({ actor }) => (/^\d{12}$/.test(actor) ? actor : [])),
    ),
    applicationNames(
      view,
      records.flatMap(({ application }) => application || []),
    ),
  ]);
  return html`<div class="audit">${table(
    'Audit records',
    ['Time', 'Action', 'Outcome', 'Who', 'Application', 'What'],
    records.map((record) => ({
      id: `record-${record.seq}`,
      tone: record.outcome === 'ok' ? undefined : ('bad' as const),
      cells: [
        when(record.at, now),
        html`<a href="/audit/${record.seq}">${record.action}<span class="visually-hidden">, record ${record.seq}</span></a>`,
        tag(record.outcome),
        named(record.actor || 'unknown', people.get(record.actor)?.displayName),
        record.application ? named(record.application, applications.get(record.application)) : undefined,
        facts(record),
      ],
    })),
  )}</div><div class="actions">${next ? html`<a class="button secondary" href="${withQuery('/audit', query, { after: next })}">Older</a>` : undefined}${
    query.has('after')
      ? html`<a href="${withQuery('/audit', query, { after: undefined })}">Newest</a>`
      : undefined
  }</div>`;
}

async function extent({ console: { audit }, now }: PageView): Promise<Html> {
  const { retentionDays, records, chains, anchored, oldest } = await audit.extent();
  return html`<p>${counted(records, 'record')} in ${counted(chains, 'chain')}, ${anchored.toLocaleString('en-GB')} of them anchored${
    oldest ? html`; the oldest is from ${oldest.slice(0, 10)}, ${relative(oldest, now)}` : undefined
  }. ${retentionDays === null ? 'Records are kept for ever: --audit-retention is not set.' : `Records are deleted after ${counted(retentionDays, 'day')}.`}</p>`;
}

function exportLinks(query: URLSearchParams): Html {
  const kept = new URLSearchParams(
    names.flatMap((name) => (text(query, name) ? [[name, text(query, name) ?? '']] : [])),
  );
  const link = (format: string, label: string) =>
    html`<a href="/api/v1/audit/export?${String(kept)}${kept.size > 0 ? '&' : ''}format=${format}" download>${label}</a>`;
  return html`Export ${kept.size > 0 ? 'these records' : 'all records'}: ${link('jsonl', 'JSON lines')}, ${link('fhir', 'FHIR AuditEvent')}`;
}

/** The audit log: search, verification and export. */
export const auditListPage = definePage({
  path: '/audit',
  roles: [],
  navigation: { group: 'operate', label: 'Audit' },
  program: 'pages/audit/audit',
  parts: {
    extent: { on: ['audit', 'clock'], render: extent },
    list: { on: ['audit', 'journey', 'session'], render: list },
  },
  async render(view) {
    return {
      title: 'Audit',
      lead: 'Who did what. Each record is sealed to the one before it.',
      actions: html`<button type="button" id="verify" class="secondary needs-script">Verify the chains</button>`,
      main: html`<div id="verification" role="status"></div>${await view.part('extent')}${filters(view.query)}
<details id="by-patient"><summary>Find the records of a patient</summary><form method="dialog" id="patient-form" class="filters needs-script"><div><label for="patient-number">NHS number</label><input type="text" id="patient-number" inputmode="numeric" maxlength="10" autocomplete="off" pattern="[0-9]{10}" required></div><button type="submit" class="secondary">Find</button></form>
<p class="quiet">The number is not in the address, and the search is recorded.</p></details>
${await view.part('list')}<p>${exportLinks(view.query)}</p>`,
    };
  },
});

/** The members of a record in the order of the page; the facts of the action follow, then its place in the log. */
const memberOrder = [
  'actor',
  'role',
  'organisation',
  'onBehalfOf',
  'application',
  'target',
  'session',
  'family',
  'tokenId',
  'address',
  'device',
  'requestId',
  'correlationId',
] as const;
const sealMembers = ['seq', 'chain', 'chainSeq', 'previous', 'hash', 'heads'] as const;

const labels: Readonly<Record<string, string>> = {
  actor: 'Who',
  target: 'What',
  seq: 'Number',
  family: 'Authorization',
  heads: 'Ends of chains',
  chainSeq: 'Number in its chain',
  onBehalfOf: 'On behalf of',
  tokenId: 'Hash of the token',
  requestId: 'X-Request-ID',
  correlationId: 'X-Correlation-ID',
  hash: 'Seal',
  previous: 'Seal before',
};

const label = (name: string): string => labels[name] ?? name.slice(0, 1).toUpperCase() + name.slice(1);

function value(name: string, content: unknown): Html {
  const shown = typeof content === 'object' ? JSON.stringify(content) : String(content);
  const filtered = ['actor', 'application', 'subject'].includes(name);
  if (['hash', 'previous', 'tokenId'].includes(name)) return copied(shown, label(name));
  return filtered
    ? html`<a href="/audit?${new URLSearchParams({ [name]: shown }).toString()}">${foreign(shown)}</a>`
    : html`${foreign(shown)}`;
}

/** One record, with the journey that it belongs to. */
export const auditRecordPage = definePage({
  path: '/audit/:seq',
  roles: [],
  async render({ console, params: { seq }, now }) {
    const record = /^\d{1,15}$/.test(seq) ? await console.audit.find(Number(seq)) : undefined;
    if (!record) throw errors.notFound('Records are deleted by --audit-retention only.');
    const journey = await journeyOfRecord(console.journeys, record);
    const { detail, action, at, outcome, subject } = record;
    const meaning = Object.hasOwn(auditActions, action)
      ? auditActions[action as keyof typeof auditActions].when
      : '';
    const members = (names: readonly (keyof AuditRecord)[]) =>
      names.map((name) => [name, record[name]] as const);
    const rows = [...members(memberOrder), ...Object.entries(detail), ...members(sealMembers)].filter(
      ([, content]) => content !== '' && content !== undefined,
    );
    return {
      title: `Record ${seq}`,
      heading: html`${action} ${tag(outcome)}`,
      crumbs: [{ label: 'Audit', href: '/audit' }],
      lead: meaning,
      actions: journey
        ? html`<a class="button secondary" href="/journeys/${journey}">Open its journey</a>`
        : undefined,
      main: html`<dl class="summary wide"><dt>Time</dt><dd><time datetime="${at}">${at}</time>, ${relative(at, now)}</dd>
${rows.map(([name, content]) => html`<dt>${label(name)}</dt><dd>${value(name, content)}</dd>`)}
${
  subject
    ? html`<dt>Patient</dt><dd>${value('subject', subject)}<br>${callButton({
        id: 'open-subject',
        method: 'POST',
        path: `/audit/${seq}/subject`,
        label: 'Show the NHS number',
        done: 'Opened, and recorded.',
        confirm: 'Show the NHS number? This is recorded.',
      })} <output id="opened"></output></dd>`
    : undefined
}</dl>
<p class="quiet">${journey ? undefined : 'No stored journey belongs to it: journeys are kept for a shorter time than records.'}</p>`,
    };
  },
  program: 'pages/audit/audit',
});
