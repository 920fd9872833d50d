import { type Html, html } from '@alongside/kernel/html';
import type { Application } from '../../../../oauth/applications.ts';
import type { StoredProduct } from '../../../../oauth/products.ts';
import type { ConsoleContext } from '../../../model/dependencies.ts';
import { errors } from '../../../model/errors.ts';
import {
  callButton,
  callForm,
  editForm,
  emptyState,
  foreign,
  linesField,
  numberColumn,
  selectField,
  table,
  textField,
} from '../../frame/controls.ts';
import { definePage, type PageView } from '../../frame/page.ts';

const prefix = 'urn:nhsd:apim:';

/**
 * Returns a product name for people: `personal-demographics-service` is `Personal Demographics Service`, and
 * `vitals--local--vitals--app-level3` is `Vitals (app-level3)`.
 */
export function productTitle(name: string): string {
  // Of an added API: its name, an environment, its base path, and what the product grants.
  const [api = '', environment, ...rest] = name.split('--');
  const isAdded = environment === 'local' && rest.length > 1;
  const title = (isAdded ? api : name)
    .split('-')
    .map((word) => (word === 'api' ? 'API' : `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`))
    .join(' ');
  return isAdded ? `${title} (${rest.at(-1)})` : title;
}

/** Returns the kinds of access that the scopes of a product grant, for people. */
export function accessOf({ scopes }: Pick<StoredProduct, 'scopes'>): string {
  const kinds = [
    scopes.some((scope) => scope.startsWith(`${prefix}user-nhs-id:`)) ? 'user-restricted' : undefined,
    scopes.some((scope) => scope.startsWith(`${prefix}app:`)) ? 'application-restricted' : undefined,
    scopes.some((scope) => scope.startsWith(`${prefix}user-nhs-login:`)) ? 'patient access' : undefined,
  ].filter((kind) => kind !== undefined);
  if (kinds.length === 3) return 'every access mode';
  return kinds.length > 0 ? kinds.join(', ') : 'no scope';
}

const at = (name: string): string => `/products/${encodeURIComponent(name)}`;

function limitsText({ limits }: StoredProduct): string {
  if (limits === null) return 'no limits';
  const { quota, spikeArrest } = limits;
  const parts: string[] = [];
  if (quota) parts.push(quota.enabled ? `${quota.limit} in ${quota.interval} ${quota.timeunit}` : 'no quota');
  if (spikeArrest) parts.push(spikeArrest.enabled ? spikeArrest.ratelimit : 'no spike arrest');
  return parts.length > 0 ? parts.join(', ') : 'as published';
}

const has =
  (name: string) =>
  ({ platform }: Application): boolean =>
    platform?.products.some((held) => held.name === name) ?? false;

async function list({ console }: PageView): Promise<Html> {
  const [products, applications] = await Promise.all([console.products.list(), console.applications.list()]);
  if (products.length === 0) return emptyState('There is no product, so no application gets tokens.');
  return table(
    'Products',
    ['Product', 'APIs', 'Access', 'Limits', numberColumn('Applications')],
    products.map((product) => ({
      id: `product-${product.name}`,
      cells: [
        html`<span class="what"><a href="${at(product.name)}">${foreign(productTitle(product.name))}</a></span><br><code class="quiet">${foreign(product.name)}</code>`,
        foreign(product.apis.join(', ') || 'none'),
        accessOf(product),
        limitsText(product),
        applications.filter(has(product.name)).length,
      ],
    })),
  );
}

const apiNames = async ({ apis, platformApis }: ConsoleContext): Promise<string[]> => [
  ...platformApis,
  ...(await apis.list()).map(({ name }) => name),
];

const attributes = html`data-type="lines" data-empty`;

const fields = (names: readonly string[], product?: StoredProduct): Html => html`
${linesField({ name: 'apis', label: 'APIs', hint: `Base paths, one a line. Here are ${names.join(', ')}.`, values: product?.apis, attributes })}
${linesField({ name: 'scopes', label: 'Scopes', hint: 'One a line, such as urn:nhsd:apim:user-nhs-id:aal3:my-api.', values: product?.scopes, attributes })}`;

/** The limits of a product, which the script reads as one member. */
function limitsFields({ limits }: StoredProduct): Html {
  const { quota, spikeArrest } = limits ?? {};
  const applied = quota || spikeArrest ? 'own' : 'published';
  const chosen = limits === null ? 'none' : applied;
  const enabled = (id: string, label: string, isOn = true) =>
    html`<div class="choice"><input type="checkbox" id="${id}"${isOn ? html` checked` : undefined}><label for="${id}">${label}</label></div>`;
  return html`<div data-apart>${selectField({
    name: 'limits',
    label: 'Limits',
    hint: 'Of each application. More requests are answered with 429.',
    options: [
      ['published', 'as published'],
      ['own', 'limits of this product'],
      ['none', 'no limits'],
    ],
    value: chosen,
  })}
<div id="own-limits">
${textField({ name: 'limits.quota.limit', label: 'Quota: requests', hint: 'Empty is as published.', value: quota && String(quota.limit), maxlength: 15 })}
${textField({ name: 'limits.quota.interval', label: 'In each', hint: 'A number of the units below.', value: String(quota?.interval ?? 1), maxlength: 15 })}
${selectField({ name: 'limits.quota.timeunit', label: 'Unit', options: ['minute', 'hour', 'day', 'week', 'month'], value: quota?.timeunit ?? 'minute' })}
${enabled('limits.quota.enabled', 'Apply the quota', quota?.enabled)}
${textField({ name: 'limits.spikeArrest.ratelimit', label: 'Spike arrest', hint: 'Requests per second or minute, such as 5ps or 300pm. Empty is as published.', value: spikeArrest?.ratelimit, maxlength: 12 })}
${enabled('limits.spikeArrest.enabled', 'Apply the spike arrest', spikeArrest?.enabled)}
</div></div>`;
}

export const productsPage = definePage({
  path: '/products',
  roles: [],
  navigation: {
    group: 'register',
    label: 'Products',
    badge: async ({ products }) => ({ text: String((await products.list()).length), tone: 'plain' }),
  },
  parts: { list: { on: ['application'], render: list } },
  async render({ console, part }) {
    return {
      title: 'Products',
      lead: 'Bundles of APIs, with the scopes and limits that they grant to applications.',
      main: html`${await part('list')}<section class="panel" aria-labelledby="h-add"><h2 id="h-add">Add a product</h2>${callForm(
        {
          id: 'add',
          method: 'POST',
          path: '/products',
          done: 'Added.',
          next: '/products/{name}',
          submit: 'Add',
          fields: html`${textField({ name: 'name', label: 'Name', hint: 'Letters, digits, dots, underscores and hyphens.', maxlength: 100 })}${fields(await apiNames(console))}`,
        },
      )}</section>`,
    };
  },
});

async function found({ console, params }: PageView<{ name: string }>): Promise<StoredProduct> {
  const product = await console.products.get(params.name);
  if (!product) throw errors.notFound(`There is no product ${params.name.slice(0, 60)}.`);
  return product;
}

export const productPage = definePage({
  path: '/products/:name',
  roles: [],
  program: 'pages/products/product',
  parts: {
    holders: {
      on: ['application'],
      async render(view) {
        const { name } = await found(view);
        const applications = (await view.console.applications.list()).filter(has(name));
        return applications.length === 0
          ? html`<p class="quiet">No application has it.</p>`
          : html`<ul class="plain-list">${applications.map(({ id, name }) => html`<li><a href="/applications/${encodeURIComponent(id)}">${foreign(name || id)}</a></li>`)}</ul>`;
      },
    },
  },
  async render(view) {
    const product = await found(view);
    const { name } = product;
    const known = await apiNames(view.console);
    const unknown = product.apis.filter((api) => !known.includes(api));
    return {
      title: name.slice(0, 100),
      heading: html`${foreign(productTitle(name))}`,
      crumbs: [{ label: 'Products', href: '/products' }],
      lead: html`${accessOf(product)}; ${limitsText(product)}`,
      main: html`${unknown.map((api) => html`<p class="warning">There is no API ${foreign(api)} here, so this entry grants nothing.</p>`)}
<section class="panel" aria-labelledby="h-edit"><h2 id="h-edit">APIs, scopes and limits</h2>${editForm({ id: 'edit', path: at(name), revision: product.revision, before: product, fields: html`${fields(known, product)}${limitsFields(product)}` })}</section><h2>Applications</h2>${await view.part('holders')}
<h2>Remove</h2><div class="actions">${callButton({ id: 'remove', method: 'DELETE', path: at(name), done: 'Removed.', label: 'Remove', about: 'this product', confirm: 'Remove this product? Applications lose what it grants.', next: '/products', tone: 'danger' })}</div>`,
    };
  },
});
