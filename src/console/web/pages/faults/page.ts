import { type Html, html } from '@alongside/kernel/html';
import type { FaultState } from '../../../../storage/faults.ts';
import { type ListedFault, listFaults } from '../../../service/fault-list.ts';
import {
  callButton,
  callForm,
  foreign,
  hiddenColumn,
  table,
  tag,
  textField,
  withQuery,
} from '../../frame/controls.ts';
import { definePage, type PageView } from '../../frame/page.ts';

const times = (count: number): string => (count === 1 ? 'the next time' : `the next ${count} times`);

/** Returns when a fault occurs, as text. */
function stateText({ next, after, probability, patient, seconds }: FaultState): string {
  return [
    ...(after ? [`after ${after} more`] : []),
    next === undefined ? (after ? 'then every time' : 'every time') : times(next),
    ...(probability === undefined ? [] : [`with a probability of ${probability}`]),
    ...(patient ? [`for the patient ${patient}`] : []),
    ...(seconds === undefined ? [] : [`with a delay of ${seconds} s`]),
  ].join(', ');
}

const off = (name: string): Html =>
  callButton({
    id: `off-${name}`,
    method: 'DELETE',
    path: `/faults/${encodeURIComponent(name)}`,
    done: `${name} is off.`,
    label: 'Off',
    about: `: ${name}`,
  });

const on = (name: string, label: string, body: FaultState, done: string): Html =>
  callButton({
    id: `${label.replaceAll(' ', '-').toLowerCase()}-${name}`,
    method: 'PUT',
    path: `/faults/${name}`,
    body,
    done: `${name} occurs ${done}.`,
    label,
    about: `: ${name}`,
  });

const hits = ({ journeys }: ListedFault): Html | undefined =>
  journeys.length === 0
    ? undefined
    : html`<ul class="plain">${journeys
        .slice(0, 5)
        .map(({ id, headline }) => html`<li><a href="/journeys/${id}">${foreign(headline)}</a></li>`)}</ul>`;

async function active(view: PageView): Promise<Html> {
  const active = (await listFaults(view.console)).filter(({ state }) => state);
  if (active.length === 0) return html`<p>No fault is on.</p>`;
  return html`${table(
    'Faults that are on',
    ['Fault', 'Occurs', 'Journeys', hiddenColumn('Switch')],
    active.map((fault) => ({
      id: `on-${fault.name}`,
      tone: 'warn',
      cells: [
        html`<code>${fault.name}</code><br><span class="quiet">${fault.summary}</span>`,
        tag(stateText(fault.state ?? {}), 'warn'),
        hits(fault) ?? html`<span class="quiet">none yet</span>`,
        off(fault.name),
      ],
    })),
  )}<div class="actions">${callButton({ id: 'all-off', method: 'DELETE', path: '/faults', done: 'All faults are off.', label: 'All off' })}</div>`;
}

const numberField = (name: string, label: string, hint: string): Html =>
  textField({ name, label, hint, maxlength: 20, attributes: html`inputmode="decimal" data-type="number"` });

/** The form for one fault, with every condition that it may have. */
function conditions({ name, summary }: ListedFault): Html {
  const isPds = name.startsWith('pds-');
  return html`<section class="panel" aria-labelledby="h-conditions"><h2 id="h-conditions"><code>${name}</code></h2><p>${summary}.</p>${callForm(
    {
      id: 'fault',
      method: 'PUT',
      path: `/faults/${name}`,
      done: `${name} is on.`,
      submit: 'Switch on',
      actions: html` <a href="/faults">Close</a>`,
      fields: html`<div class="fields">${numberField('next', 'Next', 'Off by itself after this many times; every time if empty')}
${numberField('after', 'After', 'Skips this many times first')}
${numberField('probability', 'Probability', '0 to 1, of each time')}
${isPds ? textField({ name: 'patient', label: 'Patient', hint: 'Only calls that name this NHS number' }) : undefined}
${name === 'pds-slow' ? numberField('seconds', 'Seconds', 'Duration of the delay, 3 by default') : undefined}</div>`,
    },
  )}${isPds ? html`<p class="quiet">For one run of tests alone: <code>alongside fault on ${name} --run NAME</code></p>` : undefined}</section>`;
}

function topicTable(topic: string, faults: readonly ListedFault[], query: URLSearchParams): Html {
  return html`<div class="faults"><h2>${topic}</h2>${table(
    topic,
    ['Fault', 'Effect', 'Journeys', hiddenColumn('Switch')],
    faults.map((fault) => ({
      id: `fault-${fault.name}`,
      cells: [
        html`<code>${fault.name}</code>`,
        fault.summary,
        hits(fault),
        html`<span class="act">${fault.state ? off(fault.name) : html`${on(fault.name, 'Next time', { next: 1 }, 'the next time')} ${on(fault.name, 'Every time', {}, 'every time')}`} <a href="${withQuery('/faults', query, { fault: fault.name })}">More<span class="visually-hidden"> on ${fault.name}</span></a></span>`,
      ],
    })),
  )}</div>`;
}

async function all({ console, query }: PageView): Promise<Html> {
  const faults = (await listFaults(console)).filter(({ name }) => !name.includes('@'));
  const topics = [...new Set(faults.map(({ topic }) => topic))];
  return html`${topics.map((topic) =>
    topicTable(
      topic,
      faults.filter((fault) => fault.topic === topic),
      query,
    ),
  )}`;
}

/** Injected faults: those that are on, then all by topic. */
export const faultsPage = definePage({
  path: '/faults',
  only: 'development',
  navigation: {
    group: 'desk',
    label: 'Faults',
    async badge({ faults }) {
      const count = (await faults.on()).size;
      return count > 0 ? { text: `${count} on`, tone: 'warn' } : undefined;
    },
  },
  parts: {
    active: { on: ['fault', 'journey'], render: active },
    all: { on: ['fault', 'journey'], render: all },
  },
  async render(view) {
    const chosen = (await listFaults(view.console)).find(({ name }) => name === view.query.get('fault'));
    return {
      title: 'Faults',
      lead: 'Invalid tokens and unavailable endpoints, to test how an application handles them. Each is marked in the journeys that it hits.',
      main: html`${await view.part('active')}${chosen ? conditions(chosen) : undefined}${await view.part('all')}`,
    };
  },
});
