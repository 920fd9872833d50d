import { type Html, html } from '@alongside/kernel/html';
import { publicKeyOf } from '@alongside/kernel/jws';
import type { StoredApplication } from '../../../../oauth/applications.ts';
import { errors } from '../../../model/errors.ts';
import { type HalfName, halfNames } from '../../../model/registration/shape.ts';
import { registrationWarnings } from '../../../model/registration/warnings.ts';
import {
  areaField,
  callButton,
  callForm,
  copied,
  copiedBlock,
  emptyState,
  foreign,
  hiddenColumn,
  relative,
  selectField,
  table,
  tabs,
  tag,
  textField,
  when,
  withQuery,
} from '../../frame/controls.ts';
import { definePage, type PageView } from '../../frame/page.ts';
import { journeyTable } from '../../parts/journeys.ts';
import { accessOf, productTitle } from '../products/page.ts';
import { connectPage, environmentLines, progress } from './connect.ts';
import { settingsForm } from './settings-form.ts';

type View = PageView<{ id: string }>;

const day = 86_400_000;
const atNames: Readonly<Record<HalfName, string>> = { platform: 'API platform', cis2: 'CIS2' };
const views = ['overview', 'connect', 'edit', 'keys', 'journeys'] as const;
const viewNames: Readonly<Record<(typeof views)[number], string>> = {
  overview: 'Settings',
  connect: 'Connect',
  edit: 'Edit',
  keys: 'Keys and secrets',
  journeys: 'Journeys and refusals',
};

async function found({ console, params }: View): Promise<StoredApplication> {
  const application = await console.applications.get(params.id);
  if (!application) throw errors.notFound(`There is no application ${params.id.slice(0, 60)}.`);
  return application;
}

const at = (id: string): string => `/applications/${encodeURIComponent(id)}`;
const halvesOf = (application: StoredApplication) =>
  halfNames.flatMap((name) => {
    const half = application[name];
    return half ? [{ name, half }] : [];
  });

const list = (values: readonly string[]): Html =>
  values.length > 0
    ? html`<ul class="plain-list">${values.map((value) => html`<li>${foreign(value)}</li>`)}</ul>`
    : html`<span class="quiet">none</span>`;

async function overview(view: View): Promise<Html> {
  const { console, now } = view;
  const application = await found(view);
  const products = await console.products.list();
  const { id, status, developer, platform, cis2 } = application;
  const warnings = registrationWarnings(application, products);
  const secrets = halvesOf(application).flatMap(({ half }) => half.secrets);
  return html`${warnings.map(({ message }) => html`<p class="warning">${message}</p>`)}
<div class="cards"><section class="panel" aria-labelledby="h-about"><h2 id="h-about">Registration</h2><dl class="summary">
<dt>Status</dt><dd>${tag(status, status === 'approved' ? 'good' : 'bad')}</dd><dt>Id</dt><dd>${copied(id, 'the id')}</dd>
<dt>Developer</dt><dd>${developer ? ((await console.developers.get(developer)) ? html`<a href="/developers/${encodeURIComponent(developer)}">${foreign(developer)}</a>` : foreign(developer)) : html`<span class="quiet">none</span>`}</dd>
<dt>Secrets</dt><dd>${secrets.length === 0 ? 'none' : html`<a href="${at(id)}?tab=keys">${secrets.length}</a>`}</dd></dl></section>
${
  platform &&
  html`<section class="panel" aria-labelledby="h-platform"><h2 id="h-platform">At the API platform</h2><dl class="summary">
<dt>Client id</dt><dd>${copied(platform.clientId, 'the client id')}</dd><dt>Profile</dt><dd>${platform.profile}</dd>
<dt>Proves who it is by</dt><dd>${platform.tokenEndpointAuthMethod}</dd><dt>Callback URLs</dt><dd>${list(platform.callbackUrls)}</dd>
<dt>APIs</dt><dd>${
    platform.products.length > 0
      ? html`<ul class="plain-list">${platform.products.map(({ name, status }) => {
          const product = products.find((known) => known.name === name);
          return html`<li><a href="/products/${encodeURIComponent(name)}">${productTitle(name)}</a> <span class="quiet">${product ? accessOf(product) : 'removed'}</span>${status === 'revoked' ? html` ${tag('revoked', 'bad')}` : undefined}</li>`;
        })}</ul>`
      : html`<span class="quiet">none, so it gets no tokens</span>`
  }</dd></dl></section>`
}
${
  cis2 &&
  html`<section class="panel" aria-labelledby="h-cis2"><h2 id="h-cis2">At CIS2</h2><dl class="summary">
<dt>Client id</dt><dd>${copied(cis2.clientId, 'the client id at CIS2')}</dd><dt>Profile</dt><dd>${cis2.profile}</dd>
<dt>Proves who it is by</dt><dd>${cis2.tokenEndpointAuthMethod}</dd><dt>Callback URLs</dt><dd>${list(cis2.redirectUris)}</dd>
<dt>After sign-out</dt><dd>${list(cis2.postLogoutRedirectUris)}</dd><dt>Back-channel logout</dt><dd>${list(cis2.backchannelLogoutUri ? [cis2.backchannelLogoutUri] : [])}</dd></dl></section>`
}</div>
<h2>Its .env</h2>${copiedBlock(environmentLines(console, application).join('\n'), 'the settings')}<p><a href="${at(id)}?tab=connect">Connect it: code, and a first sign-in</a></p>
${secrets.some(({ expiresAt }) => expiresAt !== null && expiresAt > now && expiresAt - now < 30 * day) ? html`<p class="warning">A secret expires within 30 days. <a href="${at(id)}?tab=keys">Make another one</a>.</p>` : undefined}
<h2>Access</h2><div class="actions">${
    status === 'approved'
      ? callButton({
          id: 'revoke',
          method: 'POST',
          path: `${at(id)}/revoke`,
          body: {},
          done: 'Revoked. All its requests are refused.',
          label: 'Revoke',
          about: 'this application',
          confirm: 'Revoke this application? All its requests are refused until it is approved again.',
          tone: 'danger',
        })
      : callButton({
          id: 'approve',
          method: 'POST',
          path: `${at(id)}/approve`,
          body: {},
          done: 'Approved.',
          label: 'Approve',
          about: 'this application',
        })
  }${callButton({ id: 'remove', method: 'DELETE', path: at(id), done: 'Removed.', label: 'Remove', about: 'this application', confirm: 'Remove this application? Its client ids and secrets cannot be restored.', next: '/applications', tone: 'danger' })}</div>`;
}

function expiryText(expiresAt: number | null, now: number): Html | string {
  if (expiresAt === null) return 'never';
  const at = new Date(expiresAt).toISOString();
  return expiresAt <= now ? html`${tag('expired', 'bad')} ${relative(at, now)}` : when(at, now);
}

async function secretTable(view: View): Promise<Html> {
  const { now } = view;
  const application = await found(view);
  const rows = halvesOf(application).flatMap(({ name, half }) =>
    half.secrets.map((secret) => ({ name, secret })),
  );
  if (rows.length === 0) return emptyState('It has no secret.');
  return table(
    'Secrets',
    ['Valid at', 'Made', 'Expires'],
    rows.map(({ name, secret: { createdAt, expiresAt } }) => ({
      cells: [
        atNames[name],
        createdAt === 0 ? 'with the seed' : when(new Date(createdAt).toISOString(), now),
        expiryText(expiresAt, now),
      ],
    })),
  );
}

function keyText(jwk: JsonWebKey): string {
  const bits = publicKeyOf(jwk)?.asymmetricKeyDetails?.modulusLength;
  const curve = jwk.crv ? ` ${jwk.crv}` : '';
  return `${jwk.kty}${bits ? `, ${bits} bits` : curve}${jwk.alg ? `, for ${jwk.alg}` : ''}`;
}

async function keyTable(view: View): Promise<Html> {
  const application = await found(view);
  const { id } = application;
  const rows = halvesOf(application).flatMap(({ name, half }) =>
    (half.jwks?.keys ?? []).map((jwk) => ({ name, jwk })),
  );
  const addresses = halvesOf(application).flatMap(({ name, half }) =>
    !half.jwks && half.jwksUrl
      ? [html`<p>${atNames[name]} reads its keys from <code>${foreign(half.jwksUrl)}</code>.</p>`]
      : [],
  );
  if (rows.length === 0 && addresses.length === 0) return emptyState('It has no public key.');
  return html`${addresses}${
    rows.length > 0
      ? table(
          'Public keys',
          ['Key id', 'Registered at', 'Kind', hiddenColumn('Remove')],
          rows.map(({ name, jwk }) => {
            const kid = String(jwk.kid ?? '');
            return {
              cells: [
                html`<code>${foreign(kid || 'none')}</code>`,
                atNames[name],
                keyText(jwk),
                kid
                  ? callButton({
                      id: `remove-${name}-${kid}`,
                      method: 'DELETE',
                      path: `${at(id)}/keys/${name}/${encodeURIComponent(kid)}`,
                      done: 'Removed. Assertions that it signed are refused.',
                      label: 'Remove',
                      about: `key ${kid}`,
                      confirm: `Remove the key ${kid}? Assertions that it signed are refused.`,
                      tone: 'danger',
                    })
                  : undefined,
              ],
            };
          }),
        )
      : undefined
  }`;
}

const halfSelect = (id: string, application: StoredApplication): Html =>
  selectField({
    name: 'half',
    id,
    label: 'Valid at',
    options: halvesOf(application).map(({ name }) => [name, atNames[name]] as const),
  });

async function keysTab(view: View & { part(name: 'secrets' | 'keys'): Promise<Html> }): Promise<Html> {
  const { now } = view;
  const application = await found(view);
  const { id } = application;
  const time = (later: number): string => new Date(now + later).toISOString();
  return html`<h2>Secrets</h2>${await view.part('secrets')}
<section class="panel" aria-labelledby="h-rotate"><h2 id="h-rotate">Make another secret</h2>
${callForm({
  id: 'rotate',
  method: 'POST',
  path: `${at(id)}/secrets`,
  done: 'Made. The secret is shown this once.',
  submit: 'Make a secret',
  fields: html`<div class="pair">${halfSelect('secret-half', application)}${selectField({
    name: 'expiresAt',
    label: 'It expires',
    options: [
      ['', 'never'],
      [time(90 * day), 'in 90 days'],
      [time(365 * day), 'in a year'],
    ],
  })}${selectField({
    name: 'othersExpireAt',
    label: 'The others',
    options: [
      ['', 'stay valid'],
      [time(7 * day), 'expire in 7 days'],
      [time(day), 'expire tomorrow'],
      [time(0), 'end now'],
    ],
  })}</div>`,
})}<div id="new-secret"></div></section>
<h2>Public keys</h2>${await view.part('keys')}
<section class="panel" aria-labelledby="h-add-key"><h2 id="h-add-key">Add a public key</h2>
<form method="dialog" id="add-key" novalidate data-id="${id}"><div class="error-summary" role="alert" tabindex="-1" hidden></div>
${halfSelect('key-half', application)}
${areaField({ name: 'key', label: 'Public key', hint: 'PEM, a JWK or a JWK set. A private key is refused here and not sent.', rows: 4, maxlength: 65_536 })}
${textField({ name: 'kid', label: 'Key id (kid)', hint: 'Needed if the key has none.', maxlength: 200 })}
<div class="actions"><button type="submit" class="needs-script">Add the key</button></div></form></section>`;
}

async function journeys(view: View): Promise<Html> {
  const { console, now, params } = view;
  const filter = { application: params.id };
  const [all, refused] = await Promise.all([
    console.journeys.list(filter),
    console.journeys.list({ ...filter, outcome: 'refused' }),
  ]);
  if (all.journeys.length === 0)
    return emptyState(
      'It has not been used yet.',
      console.development
        ? html`<a href="/build?application=${encodeURIComponent(params.id)}">Run a first sign-in</a>`
        : undefined,
    );
  return html`<h2>Refused</h2>${refused.journeys.length > 0 ? journeyTable(refused.journeys.slice(0, 10), now) : html`<p class="quiet">Nothing was refused.</p>`}
<h2>All</h2>${journeyTable(all.journeys.slice(0, 10), now)}<p><a href="/journeys?application=${encodeURIComponent(params.id)}">All its journeys</a></p>`;
}

export const applicationPage = definePage({
  path: '/applications/:id',
  roles: [],
  program: 'pages/applications/application',
  parts: {
    overview: { on: ['application'], render: overview },
    secrets: { on: ['application'], render: secretTable },
    keys: { on: ['application'], render: keyTable },
    journeys: { on: ['journey'], render: journeys },
    progress: {
      on: ['journey', 'application'],
      render: async (view) => progress(view.console, await found(view)),
    },
  },
  async render(view) {
    const application = await found(view);
    const { id, name } = application;
    const shown = views.find((each) => each === view.query.get('tab')) ?? 'overview';
    const content = {
      overview: () => view.part('overview'),
      connect: async () => connectPage(view.console, application, await view.part('progress')),
      edit: () => settingsForm(view.console, application),
      keys: () => keysTab(view),
      journeys: () => view.part('journeys'),
    }[shown];
    return {
      title: (name || id).slice(0, 200),
      heading: foreign(name || id),
      crumbs: [{ label: 'Applications', href: '/applications' }],
      main: html`${tabs(
        'Application',
        views.map((tab) => ({
          label: viewNames[tab],
          href: withQuery(at(id), view.query, { tab: tab === 'overview' ? undefined : tab }),
          isChosen: tab === shown,
        })),
      )}${await content()}`,
    };
  },
});
