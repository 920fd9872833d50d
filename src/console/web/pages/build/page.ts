import { type Html, html } from '@alongside/kernel/html';
import type { StoredApplication } from '../../../../oauth/applications.ts';
import { demoKeyId, demoPrivateKeyPem } from '../../../../seed/key.ts';
import { findKind, previewOf, suited } from '../../../explanations/build/preview.ts';
import { type RequestKind, requestKinds } from '../../../explanations/build/request-kinds.ts';
import { hasRunCallback } from '../../../explanations/build/run-callback.ts';
import { keysOf } from '../../../explanations/registered.ts';
import { callButton, emptyState } from '../../frame/controls.ts';
import { definePage } from '../../frame/page.ts';
import { previewView } from './view.ts';

const select = (
  name: string,
  label: string,
  chosen: string,
  options: readonly (readonly [string, string])[],
): Html => html`
<div><label for="${name}">${label}</label><select id="${name}" name="${name}">${options.map(
  ([value, text]) =>
    html`<option value="${value}"${value === chosen ? html` selected` : undefined}>${text}</option>`,
)}</select></div>`;

/** The applications with the public key of the seed, whose private key is public too. */
const withDemoKey = (applications: readonly StoredApplication[]): string[] =>
  applications
    .filter((application) => keysOf(application).some(({ kid }) => kid === demoKeyId))
    .map(({ id }) => id);

function chooser(
  kind: RequestKind,
  chosen: StoredApplication,
  applications: readonly StoredApplication[],
  { values, mint }: { values: object; mint: string | null },
): Html {
  const demo = withDemoKey(applications);
  return html`<form id="choose" class="filters" method="get" action="/build" data-key="${demo.includes(chosen.id) ? demoPrivateKeyPem.trim() : ''}"
 data-values="${JSON.stringify(values)}" data-mint="${mint ?? ''}" data-demo-key="${demoPrivateKeyPem.trim()}" data-demo="${demo.join(' ')}">
${select(
  'kind',
  'Request',
  kind.id,
  requestKinds.map(({ id, label }) => [id, label] as const),
)}
${select(
  'application',
  'Application',
  chosen.id,
  applications.map(({ id, name }) => [id, name] as const),
)}
<button type="submit" class="secondary">Show</button></form>`;
}

/** Values of the request that is run again, by the name of their field. */
const valuesOf = (query: URLSearchParams): Record<string, string> =>
  Object.fromEntries(
    [...query]
      .filter(([name]) => name.startsWith('value.'))
      .slice(0, 20)
      .map(([name, value]) => [name.slice('value.'.length), value.slice(0, 2_000)]),
  );

/** Makes the exact HTTP of both patterns for an application, with picked mistakes, and sends it. */
export const buildPage = definePage({
  path: '/build',
  only: 'development',
  navigation: { group: 'top', label: 'Build a request' },
  program: 'pages/build/build',
  async render({ console, query }) {
    const kind = findKind(query.get('kind'));
    const all = await console.applications.list();
    const applications = suited(kind, all);
    const application =
      applications.find(({ id }) => id === query.get('application')) ??
      applications.find(({ platform, cis2 }) =>
        [platform?.clientId, cis2?.clientId].includes(query.get('client') ?? ''),
      ) ??
      applications.find(({ id }) => !id.startsWith('demo-') && id !== 'platform') ??
      applications.find(({ platform, cis2 }) => platform?.callbackUrls.length || cis2) ??
      applications[0];
    const title = 'Build a request';
    if (!application)
      return {
        title,
        main: emptyState(
          'No application is registered for this request.',
          html`<a class="button" href="/applications/new">Register an application</a>`,
        ),
      };
    const mistakes = query.getAll('mistake').slice(0, 20);
    const values = valuesOf(query);
    return {
      title,
      lead: 'The exact message of each step, with the rule of every field. You see it before it is sent, and what you send stays at this installation.',
      main: html`${chooser(
        kind,
        application,
        all.filter(({ platform, cis2 }) => platform || cis2),
        { values, mint: query.get('mint') },
      )}
${
  hasRunCallback(application, console)
    ? html`<div class="warning"><p>This console is a callback of the application, for a run in another tab or one that did not end.</p>${callButton({ id: 'remove-callback', method: 'DELETE', path: `/applications/${encodeURIComponent(application.id)}/run-callback`, done: 'Removed.', label: 'Remove the callback', next: '/build' })}</div>`
    : undefined
}
<div id="preview">${previewView(previewOf(console, { kind, application, values, mistakes }))}</div>
<section id="response" aria-label="Response"></section>`,
    };
  },
});
