import type { StoredApplication } from '../../oauth/applications.ts';
import type { Api, Call } from '../api.ts';
import { errors } from '../errors/catalogue.ts';
import { identityJwtHeader } from '../trusted-names.ts';
import type { IdentityName } from './model.ts';
import type { StoredApi } from './store.ts';

/** Returns an application attribute, or one of the published variables that are not attributes (proxygen, `target-attributes`). */
export function attributeOf(
  { platform, name: display, id, developer }: StoredApplication,
  api: StoredApi,
  name: string,
): string | undefined {
  const instance = api.basePath.slice(1).replaceAll('/', '-');
  const variables: Readonly<Record<string, string>> = {
    id,
    name: display,
    DisplayName: display,
    'developer.app.id': id,
    'developer.app.name': display,
    'developer.id': developer,
    'apiproxy.name': `${api.name}--local--${instance}`,
  };
  const own = platform?.attributes[name];
  if (own !== undefined && own !== '') return own;
  return Object.hasOwn(variables, name) ? variables[name] : undefined;
}

/** Values with which a header of the definition is filled. Line breaks cannot be part of a header. */
function filled(
  template: string,
  application: StoredApplication,
  api: StoredApi,
  messageId: string,
  token: Call['token'] | undefined,
): string {
  return template.replace(/\{([\w.-]{1,100})\}/g, (_, name: string) => {
    const [kind = '', ...rest] = name.split('.');
    const member = rest.join('.');
    if (kind === 'attribute') return attributeOf(application, api, member) ?? '';
    if (kind === 'token') return member === 'id_token' ? '' : (token?.attributes[member] ?? '');
    if (name === 'application.id') return application.id;
    if (name === 'application.name') return application.name;
    if (name === 'token-scope' || name === 'scope') return token?.scope ?? '';
    return name === 'message.id' ? messageId : '';
  });
}

/** Characters of a header (RFC 9110 section 5.5). Others would end the call. */
const inHeader = (value: string): string => value.replace(/[^\x20-\x7e\x80-\xff]/g, '?').slice(0, 8_192);

type Injection = (call: Call) => string | undefined;

/** The data about the user. It is absent where no user of this kind signed in. */
function identityValues(
  openIdToken: (sealed: string) => string | undefined,
): Readonly<Record<IdentityName, Injection>> {
  const of =
    (
      mode: string,
      value: (attributes: Readonly<Record<string, string | undefined>>) => string | undefined,
    ): Injection =>
    (call) =>
      call.mode.name === mode ? value(call.token.attributes) : undefined;
  return {
    'cis2-uuid': of('user-restricted', (attributes) => attributes['id_token-subject']),
    'cis2-urid': () => undefined,
    'cis2-acr': of('user-restricted', (attributes) => attributes['id_token-acr']),
    'nhs-login-nhs-number': of(
      'patient-access',
      (attributes) => attributes['id_token-nhs_number'] ?? attributes.auth_user_id,
    ),
    'nhs-login-identity-proofing-level': of(
      'patient-access',
      (attributes) => attributes['id_token-identity-proofing-level'],
    ),
    'id-token': ({ token }) =>
      token.attributes.id_token === undefined ? undefined : openIdToken(token.attributes.id_token),
  };
}

/** The headers with which a back end gets its caller. */
export type BackEndHeaders = Required<Pick<Api, 'owns' | 'always' | 'inject' | 'injectKeyed'>>;

/** Returns the headers of a definition: data about the user, attributes of the application, and templates. */
export function backEndHeaders(
  api: StoredApi,
  openIdToken: (sealed: string) => string | undefined,
): BackEndHeaders {
  const { settings, model } = api;
  const values = identityValues(openIdToken);
  const templates = Object.entries(settings.headers);
  const inject: Record<string, Injection> = {};
  // The gateway itself sends the role.
  for (const { name, header } of model.identity) if (name !== 'cis2-urid') inject[header] = values[name];
  for (const { name, header } of model.attributes)
    inject[header] = ({ application }) => inHeader(attributeOf(application, api, name) ?? '');
  for (const [header, template] of templates)
    inject[header] = ({ application, messageId, token }) =>
      inHeader(filled(template, application, api, messageId, token));
  return {
    owns: [...model.identity, ...model.attributes, ...[model.target.security ?? []].flat()]
      .map(({ header }) => header)
      .concat(Object.keys(settings.headers), identityJwtHeader),
    always: model.identity
      .map(({ header }) => header)
      .concat(settings.signedIdentity ? identityJwtHeader : []),
    inject,
    injectKeyed(application, messageId) {
      const headers: Record<string, string> = {};
      for (const { name, header, required } of model.attributes) {
        const value = attributeOf(application, api, name);
        if (value === undefined && required) throw errors.missingAttribute('', { attribute: name });
        if (value !== undefined) headers[header] = inHeader(value);
      }
      for (const [header, template] of templates)
        headers[header] = inHeader(filled(template, application, api, messageId, undefined));
      return headers;
    },
  };
}
