import { type Html, html } from '@alongside/kernel/html';
import { authenticationMethods, type StoredApplication } from '../../../../oauth/applications.ts';
import type { ConsoleContext } from '../../../model/dependencies.ts';
import { registrationOf } from '../../../model/registration/stored.ts';
import { editForm, linesField, selectField, textField } from '../../frame/controls.ts';
import { accessOf, productTitle } from '../products/page.ts';

type Values = Readonly<Record<string, unknown>>;
type Option = readonly [value: string, label: string];

const profiles: readonly Option[] = [
  ['nhs', 'nhs: as published'],
  ['standard', 'standard: the RFCs'],
  ['fapi2', 'fapi2: FAPI 2.0'],
];
const methods = (...names: string[]): readonly Option[] => names.map((name) => [name, name] as const);
const proofs = methods(...authenticationMethods);
const requirement = methods('optional', 'required');
const nothing = 'null';

const select = (name: string, label: string, value: unknown, options: readonly Option[]): Html => {
  const now = value === null ? nothing : String(value);
  const known = options.some(([option]) => option === now) ? options : [...options, [now, now] as const];
  return selectField({ name, label, options: known, value: now });
};

const lines = (name: string, label: string, value: unknown): Html => {
  const values = Array.isArray(value) ? value.map(String) : [];
  return linesField({
    name,
    label,
    hint: 'One a line. Compared exactly.',
    values,
    rows: Math.min(8, values.length + 1),
  });
};

const text = (name: string, label: string, value: unknown, hint?: string, kind = 'text'): Html =>
  textField({
    name,
    label,
    hint,
    maxlength: 2_048,
    value: value == null ? '' : String(value),
    attributes: html`data-kind="${kind}"`,
  });

const platformFields = (half: Values, products: readonly { name: string; scopes: string[] }[]): Html => {
  const held = Array.isArray(half.products) ? half.products.map(String) : [];
  const known = [
    ...products,
    ...held
      .filter((name) => !products.some((product) => product.name === name))
      .map((name) => ({ name, scopes: [] })),
  ];
  return html`<section class="panel" aria-labelledby="h-platform"><h2 id="h-platform">At the API platform</h2>
<div class="pair">${select('platform.profile', 'Profile', half.profile, profiles)}
${select('platform.tokenEndpointAuthMethod', 'Proves who it is by', half.tokenEndpointAuthMethod, proofs)}</div>
${lines('platform.callbackUrls', 'Callback URLs', half.callbackUrls)}
${text('platform.jwksUrl', 'Address of its public keys', half.jwksUrl, 'Instead of keys that are registered here.', 'nullable')}
<fieldset class="field" id="platform.products" data-kind="list" tabindex="-1" aria-describedby="platform.products-error"><legend>APIs</legend><div class="options">${known.map(
    ({ name, scopes }) =>
      html`<label class="option" for="product-${name}"><input type="checkbox" id="product-${name}" value="${name}"${held.includes(name) ? html` checked` : undefined}><span><strong>${productTitle(name)}</strong><small>${accessOf({ scopes })}</small></span></label>`,
  )}</div><p class="error-message" id="platform.products-error" hidden></p></fieldset>
<details><summary>More settings of the API platform</summary><div class="pair">
${lines('platform.postLogoutRedirectUris', 'Addresses after sign-out', half.postLogoutRedirectUris)}
${text('platform.backchannelLogoutUri', 'Back-channel logout address', half.backchannelLogoutUri, 'The API platform reports ended sessions here.')}
${pkce('platform', half)}
${select('platform.signedRequests', 'Signed requests', half.signedRequests, requirement)}
${boundTokens('platform', half)}</div></details></section>`;
};

const boundTokens = (name: 'platform' | 'cis2', half: Values): Html =>
  select(`${name}.boundTokens`, 'Tokens are bound to', half.boundTokens, [
    [nothing, 'nothing, or as the profile'],
    ['dpop', 'a key (DPoP)'],
    ['certificate', 'a certificate'],
  ]);

const pkce = (name: 'platform' | 'cis2', half: Values): Html =>
  select(`${name}.pkce`, 'PKCE', half.pkce, [[nothing, 'as the profile'], ...requirement]);

const cis2Fields = (
  half: Values,
): Html => html`<section class="panel" aria-labelledby="h-cis2"><h2 id="h-cis2">At CIS2</h2>
<div class="pair">${select('cis2.profile', 'Profile', half.profile, profiles)}
${select('cis2.tokenEndpointAuthMethod', 'Proves who it is by', half.tokenEndpointAuthMethod, proofs)}</div>
${lines('cis2.redirectUris', 'Callback URLs', half.redirectUris)}
${lines('cis2.postLogoutRedirectUris', 'Addresses after sign-out', half.postLogoutRedirectUris)}
${text('cis2.backchannelLogoutUri', 'Back-channel logout address', half.backchannelLogoutUri, 'CIS2 reports ended sessions here.')}
${text('cis2.jwksUrl', 'Address of its public keys', half.jwksUrl, 'Instead of keys that are registered here.', 'nullable')}
<details><summary>More settings of CIS2</summary><div class="pair">
${pkce('cis2', half)}
${select('cis2.pushedRequests', 'Pushed requests', half.pushedRequests, requirement)}
${select('cis2.signedRequests', 'Signed requests', half.signedRequests, requirement)}
${select('cis2.maxAge', 'max_age is fulfilled by', half.maxAge, [
  ['proof', 'a proof of the session'],
  ['pin', 'a PIN'],
])}
${select('cis2.firstAuthenticator', 'People start with', half.firstAuthenticator, [
  [nothing, 'as the installation'],
  ['smartcard', 'a smartcard'],
  ['choose', 'a choice'],
])}
${select('cis2.idTokenSigningAlg', 'ID tokens are signed by', half.idTokenSigningAlg, methods('RS256', 'PS256', 'ES256'))}
${select('cis2.idTokenClaims', 'ID tokens have', half.idTokenClaims, [
  ['requested', 'the claims that a request names (nhs: as published)'],
  ['published', 'the published claims'],
])}
${select('cis2.userinfoSigningAlg', 'Userinfo is signed by', half.userinfoSigningAlg, [[nothing, 'nothing: plain JSON'], ...methods('RS256', 'PS256', 'ES256')])}
${boundTokens('cis2', half)}</div></details></section>`;

/**
 * The settings of an application as a form. Its script sends only what was changed, and if someone else has changed the same since, shows
 * both values.
 */
export async function settingsForm(console: ConsoleContext, application: StoredApplication): Promise<Html> {
  const [products, developers] = await Promise.all([console.products.list(), console.developers.list()]);
  const registration = registrationOf(application);
  const { platform, cis2, name, developer } = registration;
  return editForm({
    id: 'settings',
    path: `/applications/${encodeURIComponent(application.id)}`,
    revision: application.revision,
    before: registration,
    fields: html`<section class="panel" aria-labelledby="h-general"><h2 id="h-general">Name and owner</h2><div class="pair">
${text('name', 'Name', name)}
${select('developer', 'Developer', developer, [['', 'none'], ...developers.map(({ id, name }) => [id, name] as const)])}</div></section>
${platform ? platformFields(platform, products) : undefined}${cis2 ? cis2Fields(cis2) : undefined}`,
    actions: html`<a class="button secondary" href="/applications/${encodeURIComponent(application.id)}">Cancel</a>`,
  });
}
