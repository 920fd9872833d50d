import { type Html, html } from '@alongside/kernel/html';
import { counted } from '@alongside/kernel/operator';
import { duration } from '../../../../journeys/text.ts';
import { type HealthReport, healthReport } from '../../../model/health.ts';
import { inWords, numberColumn, relative, summaryRow, table, tag } from '../../frame/controls.ts';
import { definePage, type PageView } from '../../frame/page.ts';
import { refusalCausesSection, refusalChart } from '../../parts/refusal-causes.ts';
import { runbookAddress } from '../runbooks/page.ts';

const problems = ({ problems }: HealthReport): Html =>
  problems.length === 0
    ? html`<p class="note">No alert is firing.</p>`
    : html`<ul class="problems">${problems.map(({ alert, text }) => html`<li class="error"><p>${text}</p><p><a href="${runbookAddress(alert)}">${alert}: what to do</a></p></li>`)}</ul>`;

const milliseconds = (seconds: number | null): string =>
  seconds === null ? '–' : `≤ ${duration(seconds * 1000)}`;

/** Names the requests that the percentiles leave out. */
function waits(traffic: HealthReport['traffic']): Html | undefined {
  const waited = traffic.reduce((sum, { waited }) => sum + waited, 0);
  return waited === 0
    ? undefined
    : html`<p class="quiet">The times leave out ${counted(waited, 'request')} that waited on purpose, such as the live updates of this console.</p>`;
}

const traffic = ({ traffic, measuresRequests }: HealthReport): Html =>
  measuresRequests
    ? html`${table(
        'Requests since this process started',
        [
          'Service',
          numberColumn('Requests'),
          numberColumn('Failures'),
          numberColumn('Active'),
          numberColumn('Half within'),
          numberColumn('95 % within'),
          numberColumn('99 % within'),
        ],
        traffic.map(({ service, requests, failures, active, p50, p95, p99 }) => ({
          id: `traffic-${service}`,
          tone: failures > 0 ? 'warn' : undefined,
          cells: [
            service,
            requests.toLocaleString('en-GB'),
            failures === 0 ? '0' : `${failures} (${((100 * failures) / requests).toFixed(1)} %)`,
            active,
            milliseconds(p50),
            milliseconds(p95),
            milliseconds(p99),
          ],
        })),
      )}${waits(traffic)}`
    : html`<p>This process does not measure requests. Start it with <code>--metrics-port 9464</code>; Prometheus is not needed for this page.</p>`;

const parts = ({
  parts,
  checks,
}: HealthReport): Html => html`<div class="cards"><section class="panel" aria-labelledby="h-parts"><h2 id="h-parts">Parts</h2>
<ul class="plain">${parts.map(
  ({ name, address, responds, milliseconds, problem }) =>
    html`<li>${responds ? tag('responds', 'good') : tag('down', 'bad')} ${name} <span class="quiet">${address}${responds ? `, ${milliseconds} ms` : `: ${problem}`}</span></li>`,
)}</ul></section>
<section class="panel" aria-labelledby="h-checks"><h2 id="h-checks">Readiness</h2><ul class="plain">${checks.map(
  ({ name, holds }) =>
    html`<li>${holds ? tag('holds', 'good') : tag('fails', 'bad')} ${name === 'draining' ? 'not draining' : name}</li>`,
)}</ul></section></div>`;

function machine({ database, eventLoop, memoryBytes, queues }: HealthReport): Html {
  const { connections } = database;
  return html`<div class="cards"><section class="panel" aria-labelledby="h-process"><h2 id="h-process">Process</h2><dl class="summary">
${summaryRow('Event loop', `${duration(eventLoop.delaySeconds * 1000)} late now${eventLoop.p99Seconds === null ? '' : `, 99 % within ${duration(eventLoop.p99Seconds * 1000)}`}`)}
${memoryBytes === null ? undefined : summaryRow('Memory', `${Math.round(memoryBytes / 1_048_576)} MB`)}
${summaryRow('Database', database.description)}
${connections ? summaryRow('Connections', `${connections.used} used, ${connections.idle} idle, ${connections.waiting} waiting`) : undefined}
${Object.entries(database.p99).map(([operation, seconds]) => summaryRow(`99 % of ${operation}s`, milliseconds(seconds)))}</dl></section>
<section class="panel" aria-labelledby="h-queues"><h2 id="h-queues">Queues</h2><dl class="summary">${queues.map(
    ({ queue, depth, oldestSeconds }) =>
      summaryRow(
        queue,
        depth === 0
          ? 'empty'
          : `${depth}${oldestSeconds === null ? '' : `, the oldest since ${inWords(oldestSeconds * 1000)}`}`,
      ),
  )}</dl></section></div>`;
}

const limits = ({ limits }: HealthReport): Html =>
  table(
    'Limits on unauthenticated requests',
    ['Limit', numberColumn('In a minute'), numberColumn('Refused since the start')],
    limits.map(({ name, perMinute, refused }) => ({
      cells: [name, perMinute?.toLocaleString('en-GB') ?? '–', refused === null ? '–' : refused],
    })),
  );

const work = ({ regularWork, expiries }: HealthReport, now: number): Html =>
  html`<h2>Ends next</h2>${table(
    'What expires',
    ['Kind', 'Of', 'At'],
    expiries.slice(0, 10).map(({ kind, of, at }) => ({
      cells: [kind, of, html`<time datetime="${at}">${at.slice(0, 10)}</time>, ${relative(at, now)}`],
    })),
  )}<details id="regular-work"><summary>Regular work of this process (${regularWork.length})</summary>${
    regularWork.length === 0
      ? html`<p>Another process of the installation does it, or this one has just started.</p>`
      : html`<dl class="summary">${regularWork.map(({ task, at }) => summaryRow(task, html`<time datetime="${at}">${at.slice(11, 19)} UTC</time>`))}</dl>`
  }</details>`;

async function report({ console, now }: PageView): Promise<Html> {
  const found = await healthReport(console);
  return html`${problems(found)}${parts(found)}<h2>Requests</h2>${traffic(found)}${machine(found)}<h2>Limits</h2>${limits(found)}${work(found, now)}`;
}

/** The figures of the metrics of this process, and the alerts whose conditions hold. */
export const healthPage = definePage({
  path: '/health',
  roles: ['support', 'read'],
  navigation: { group: 'operate', label: 'Health' },
  program: 'pages/health/health',
  parts: {
    report: { on: ['session', 'key', 'clock'], render: report },
    causes: { on: ['journey', 'clock'], render: refusalChart },
  },
  async render(view) {
    return {
      title: 'Health',
      lead: html`The same figures as <code>/metrics</code>, of the process that serves this page. <a href="/runbooks">What to do at each alert</a>`,
      main: html`${await view.part('report')}${await refusalCausesSection(view, '/health')}`,
    };
  },
});
