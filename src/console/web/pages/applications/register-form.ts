import { type Html, html } from '@alongside/kernel/html';
import type { StoredProduct } from '../../../../oauth/products.ts';
import type { ConsoleContext } from '../../../model/dependencies.ts';
import { areaField, selectField, textField } from '../../frame/controls.ts';
import { accessOf, productTitle } from '../products/page.ts';

/** A choice as a card, with an explanation. */
const option = (
  type: 'radio' | 'checkbox',
  name: string,
  value: string,
  title: string,
  text: string,
  isChosen = false,
): Html => html`<label class="option" for="${name}-${value}"><input type="${type}" id="${name}-${value}" name="${name}" value="${value}"${isChosen ? html` checked` : undefined}>
<span><strong>${title}</strong><small>${text}</small></span></label>`;

const choices = (name: string, legend: string, options: Html[]): Html => html`
<fieldset class="field" id="${name}" tabindex="-1" aria-describedby="${name}-error"><legend>${legend}</legend>
<div class="options">${options}</div>
<p class="error-message" id="${name}-error" hidden></p></fieldset>`;

const profiles = [
  ['nhs', 'nhs: as published'],
  ['standard', 'standard: the RFCs'],
  ['fapi2', 'fapi2: FAPI 2.0'],
] as const;

const addressList = (name: string, label: string, hint: string): Html => html`
<fieldset class="field" data-list="${name}"><legend>${label}</legend><p class="hint">${hint}</p>
<div class="lines" id="${name}-lines"></div>
<button type="button" class="small secondary needs-script" data-add="${name}" id="${name}-add">Add another<span class="visually-hidden"> address</span></button></fieldset>`;

const keyPanel = html`<div data-proof="key">
${areaField({
  name: 'key',
  label: 'Public key',
  hint: 'PEM, a JWK, a JWK set, or the https address of a JWK set. The private key never leaves your machine.',
  rows: 4,
  maxlength: 65_536,
})}
<p class="good-message" id="key-good" role="status"></p>
<div class="actions"><label class="button small secondary needs-script" for="key-file">Choose a file</label><input type="file" id="key-file" class="visually-hidden" accept=".pem,.pub,.json,.jwks,.jwk,.crt,.cer">
<button type="button" id="make-key" class="small secondary needs-script">Make a key pair here</button></div>
${textField({ name: 'kid', label: 'Key id (kid)', hint: 'Your signed assertions name it. Needed if the key has none.', maxlength: 200 })}
<p class="hint">Audience (aud) of the assertions: the issuer; in the nhs profile the address of the token endpoint.</p>
</div>`;

const certificatePanel = html`<div data-proof="certificate">
${textField({ name: 'subject', label: 'Subject of the certificate', hint: 'As in the certificate: CN=ward-round,O=Example Trust. An operator configures who may issue it.', maxlength: 1_000 })}
</div>`;

/** The data of the script: products and the address of the API. */
async function setupOf({ products, urls }: ConsoleContext): Promise<string> {
  return JSON.stringify({
    console: urls.console,
    products: (await products.list()).map(({ name, scopes }) => ({ name, scopes })),
  });
}

/** The API that a first sign-in reads a patient with. */
const firstProduct = 'personal-demographics-service';

const productOption = (product: StoredProduct): Html =>
  option(
    'checkbox',
    'product',
    product.name,
    productTitle(product.name),
    accessOf(product),
    product.name === firstProduct,
  );

/** Shown without an API: an application gets no tokens then, so that has to be asked for. */
const withoutApi = html`<p class="field" data-without-api hidden><label for="without-api"><input type="checkbox" id="without-api" name="withoutApi" value="1"> Register without an API. It gets no tokens until one is added.</label></p>`;

/** The questions of a registration, and next to them their meaning for the API, the command line and the tokens. */
export async function registerForm(console: ConsoleContext): Promise<Html> {
  const [products, developers] = await Promise.all([console.products.list(), console.developers.list()]);
  return html`
<div class="error-summary" id="problems" role="alert" tabindex="-1" hidden></div>
<div class="split" id="registration"><form method="dialog" id="register" class="panel" novalidate data-setup="${await setupOf(console)}">
<div class="pair">
${textField({ name: 'name', label: 'Name', required: true, maxlength: 100 })}
${selectField({ name: 'profile', label: 'Profile', options: profiles })}
</div>
${choices('signIn', 'How do people sign in?', [
  option('radio', 'signIn', 'combined', 'Combined', 'The platform signs people in. Least to build.', true),
  option('radio', 'signIn', 'separate', 'Separate', 'You sign them in at CIS2 and exchange the ID token.'),
  option('radio', 'signIn', 'nobody', 'Nobody does', 'Application-restricted, signed assertion.'),
])}
<div data-people>${addressList('callback', 'Callback URLs', 'Compared exactly: scheme, port, path and trailing slash count.')}</div>
${choices('proof', 'How does it prove who it is?', [
  option('radio', 'proof', 'secret', 'Client secret', 'Shown once after this page.', true),
  option('radio', 'proof', 'key', 'Key pair', 'Signed assertion, private_key_jwt.'),
  option('radio', 'proof', 'certificate', 'Certificate', 'Mutual TLS. Not in the nhs profile.'),
])}
<p class="hint" id="proof-note" role="status"></p>
${keyPanel}${certificatePanel}
${
  products.length > 0
    ? html`${choices('product', 'APIs', products.map(productOption))}${withoutApi}`
    : html`<p class="warning">There is no product yet, so no API can be chosen. <a href="/products">Add one</a>.</p>`
}
<details><summary>Sign-out and owner</summary>
<div data-separate>${addressList('afterSignOut', 'Addresses after sign-out', 'Where CIS2 sends the browser after a sign-out.')}
${textField({ name: 'backchannelLogoutUri', label: 'Back-channel logout address', type: 'url', hint: 'CIS2 reports ended sessions here.' })}</div>
${selectField({ name: 'developer', label: 'Developer', options: [['', 'none'], ...developers.map(({ id, name }) => [id, name] as const)] })}</details>
<div class="actions"><button type="submit" id="submit" class="needs-script">Register</button><a class="button secondary" href="/applications">Cancel</a></div>
</form>
<aside class="needs-script" aria-label="The same request">
<section class="panel" aria-labelledby="h-same"><h2 id="h-same">The same by API or command line</h2>
<div class="views" role="group" aria-label="Form of the request">
<button type="button" class="small needs-script" data-view="api" aria-pressed="true">API</button>
<button type="button" class="small needs-script" data-view="command" aria-pressed="false">Command</button>
<button type="button" class="small needs-script" data-view="curl" aria-pressed="false">curl</button></div>
<pre class="request" id="request" tabindex="0" aria-label="Request"></pre>
<button type="button" id="copy-request" class="small secondary needs-script" data-copy="">Copy<span class="visually-hidden"> the request</span></button></section>
<section class="panel" aria-labelledby="h-scopes"><h2 id="h-scopes">What it may do then</h2><div id="scopes" role="status"></div></section>
</aside></div>`;
}
