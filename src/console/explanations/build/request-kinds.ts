import { seconds } from '@alongside/kernel/clock';
import { randomToken, uuid } from '@alongside/kernel/ids';
import { z } from 'zod';
import type { StoredApplication } from '../../../oauth/applications.ts';
import { clientAssertionType } from '../../../oauth/client-assertion.ts';
import { seededSecrets } from '../../../seed/registrations.ts';
import type { ConsoleContext } from '../../model/dependencies.ts';

/** One value of a request, with its rule. */
export const requestField = z.strictObject({
  name: z.string(),
  /** The values of an assertion are signed in the browser. */
  place: z.enum(['query', 'form', 'header', 'assertion header', 'assertion claim']),
  value: z.string().describe('`$NAME` for a value that the server does not know'),
  rule: z.string(),
  source: z.string(),
});
export type RequestField = z.output<typeof requestField>;
export type FieldPlace = RequestField['place'];

/** A request as text, before its mistakes. */
export interface RequestDraft {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly fields: readonly RequestField[];
}

interface DraftContext {
  readonly console: ConsoleContext;
  readonly application: StoredApplication;
}

/** A request of one of the two patterns. */
export interface RequestKind {
  readonly id: string;
  readonly label: string;
  /** Where the application has to be registered for it. */
  readonly half: 'platform' | 'cis2';
  /** Whether only a browser can send it. */
  readonly isNavigation?: true;
  draft(context: DraftContext): RequestDraft;
}

const oauth = 'RFC 6749';
const published = 'NHSDigital/identity-service-api';
const oidc = 'OpenID Connect Core';

const at =
  (place: FieldPlace) =>
  (name: string, value: string, rule: string, source: string): RequestField => ({
    name,
    place,
    value,
    rule,
    source,
  });
const query = at('query');
const form = at('form');
const header = at('header');
const jose = at('assertion header');
const claim = at('assertion claim');

const baseOf = ({ console: { urls }, application: { platform } }: DraftContext): string =>
  `${urls.api}${platform?.profile === 'nhs' ? '/oauth2' : '/oauth2.1'}`;

const secretOf = (clientId: string): string => seededSecrets.get(clientId) ?? '$CLIENT_SECRET';

const clientId = (value: string, place: typeof query = form) =>
  place('client_id', value, 'The client id that this server gave to the application', `${oauth} section 2.2`);
const clientSecret = (id: string) =>
  form('client_secret', secretOf(id), 'One of the secrets, in the form and never by HTTP Basic', published);
const redirectUri = (uri: string | undefined, place: typeof query) =>
  place(
    'redirect_uri',
    uri ?? '$REDIRECT_URI',
    'A registered callback address, character for character; the same in both requests',
    `${oauth} section 3.1.2`,
  );
const responseType = query(
  'response_type',
  'code',
  'Only the code flow is offered',
  `${oauth} section 3.1.1`,
);
const state = () =>
  query(
    'state',
    randomToken(16),
    'New and random for each request; compare it when the browser returns',
    `${oauth} section 10.12`,
  );
const grant = (type: string, source = oauth) =>
  form('grant_type', type, 'Names the kind of token request', source);

/** The assertion of an application, and its parameters. */
function assertionFields(context: DraftContext): RequestField[] {
  const { console, application } = context;
  const { platform } = application;
  const [key] = platform?.jwks?.keys ?? [];
  const now = seconds(console.clock);
  const id = platform?.clientId ?? '';
  const base = baseOf(context);
  const isPublished = platform?.profile === 'nhs';
  const rule = 'RFC 7523 section 3';
  return [
    form('client_assertion_type', clientAssertionType, 'Exactly this text', 'RFC 7523 section 2.2'),
    form(
      'client_assertion',
      '$CLIENT_ASSERTION',
      'The signed JWT; the key stays in this tab',
      'RFC 7523 section 2.2',
    ),
    jose(
      'alg',
      isPublished ? 'RS512' : 'PS256',
      isPublished ? 'RS512 only' : 'PS256, ES256 or EdDSA',
      'RFC 7518 section 3',
    ),
    jose('typ', 'JWT', 'JWT', 'RFC 7519 section 5.1'),
    jose('kid', key?.kid ?? '$KID', 'The kid of a registered key', 'RFC 7515 section 4.1.4'),
    claim('iss', id, 'The client id', rule),
    claim('sub', id, 'The client id, the same as iss', rule),
    claim(
      'aud',
      isPublished ? `${base}/token` : base,
      isPublished ? 'The address of the token endpoint' : 'The issuer, not the address of an endpoint',
      isPublished ? rule : 'draft-ietf-oauth-rfc7523bis section 4',
    ),
    claim('jti', uuid(), 'New for each request', rule),
    claim('iat', String(now), 'The time of now, in seconds since 1970', rule),
    claim('exp', String(now + 300), 'At most 5 minutes from now', rule),
  ];
}

const bearer = header('Authorization', 'Bearer $ACCESS_TOKEN', 'The access token', 'RFC 6750 section 2.1');

/** A request to the token endpoint of the platform. */
const tokenRequest = (
  id: string,
  label: string,
  fieldsOf: (context: DraftContext, clientId: string) => RequestField[],
): RequestKind => ({
  id,
  label,
  half: 'platform',
  draft: (context) => ({
    method: 'POST',
    url: `${baseOf(context)}/token`,
    fields: fieldsOf(context, context.application.platform?.clientId ?? ''),
  }),
});

/** All requests, in the order of the patterns. */
export const requestKinds: readonly RequestKind[] = [
  {
    id: 'authorize',
    label: 'Combined: ask for a sign-in',
    half: 'platform',
    isNavigation: true,
    draft: (context) => ({
      method: 'GET',
      url: `${baseOf(context)}/authorize`,
      fields: [
        clientId(context.application.platform?.clientId ?? '', query),
        redirectUri(context.application.platform?.callbackUrls[0], query),
        responseType,
        state(),
        query('acr_values', '', 'Levels of the sign-in, such as AAL3_ANY; empty for AAL3_ANY', published),
      ],
    }),
  },
  tokenRequest('code', 'Combined: exchange the code', ({ application }, id) => [
    grant('authorization_code', `${oauth} section 4.1.3`),
    form('code', '$CODE', 'The code of the callback, once, within 5 minutes', `${oauth} section 4.1.3`),
    clientId(id),
    clientSecret(id),
    redirectUri(application.platform?.callbackUrls[0], form),
  ]),
  tokenRequest('refresh', 'Refresh', (_, id) => [
    grant('refresh_token', `${oauth} section 6`),
    form('refresh_token', '$REFRESH_TOKEN', 'The latest one, once', `${oauth} section 6`),
    clientId(id),
    clientSecret(id),
  ]),
  tokenRequest('client-credentials', 'Application alone: client credentials', (context) => [
    grant('client_credentials', `${oauth} section 4.4`),
    ...assertionFields(context),
  ]),
  {
    id: 'authorize-cis2',
    label: 'Separate: ask for a sign-in',
    half: 'cis2',
    isNavigation: true,
    draft: ({ console: { cis2Issuer }, application: { cis2 } }) => ({
      method: 'GET',
      url: `${cis2Issuer}/authorize`,
      fields: [
        clientId(cis2?.clientId ?? '', query),
        redirectUri(cis2?.redirectUris[0], query),
        responseType,
        query(
          'scope',
          'openid profile nationalrbacaccess',
          'openid and known scopes, with spaces between',
          `${oidc} section 3.1.2.1`,
        ),
        state(),
        query(
          'nonce',
          randomToken(16),
          'New and random; compare it with the ID token',
          `${oidc} section 3.1.2.1`,
        ),
        query('acr_values', '', 'Levels of the sign-in, such as AAL3_ANY', `${oidc} section 3.1.2.1`),
      ],
    }),
  },
  {
    id: 'code-cis2',
    label: 'Separate: exchange the code at CIS2',
    half: 'cis2',
    draft: ({ console: { cis2Issuer }, application: { cis2 } }) => ({
      method: 'POST',
      url: `${cis2Issuer}/access_token`,
      fields: [
        grant('authorization_code', `${oauth} section 4.1.3`),
        form('code', '$CODE', 'The code of the callback, once, within a minute', `${oauth} section 4.1.3`),
        clientId(cis2?.clientId ?? ''),
        clientSecret(cis2?.clientId ?? ''),
        redirectUri(cis2?.redirectUris[0], form),
      ],
    }),
  },
  tokenRequest('exchange', 'Separate: exchange the ID token', (context) => [
    grant('urn:ietf:params:oauth:grant-type:token-exchange', 'RFC 8693 section 2.1'),
    form(
      'subject_token_type',
      'urn:ietf:params:oauth:token-type:id_token',
      'Exactly this text',
      'RFC 8693 section 3',
    ),
    form(
      'subject_token',
      '$ID_TOKEN',
      'The ID token that CIS2 issued to this application',
      'RFC 8693 section 2.1',
    ),
    ...assertionFields(context),
  ]),
  {
    id: 'userinfo',
    label: 'Read the person and roles',
    half: 'platform',
    draft: (context) => ({
      method: 'GET',
      url: `${baseOf(context)}/userinfo`,
      fields: [bearer],
    }),
  },
  {
    id: 'api',
    label: 'Call an API: read a patient',
    half: 'platform',
    draft: ({ console: { urls } }) => ({
      method: 'GET',
      url: `${urls.api}/personal-demographics/FHIR/R4/Patient/9000000009`,
      fields: [
        bearer,
        header(
          'X-Request-ID',
          uuid(),
          'A new UUID for each call',
          'NHSDigital/personal-demographics-service-api',
        ),
        header(
          'NHSD-Session-URID',
          '',
          'The role, if the person has several; empty for one',
          'NHSDigital/personal-demographics-service-api',
        ),
        header('Accept', 'application/fhir+json', 'The format of the answer', 'RFC 9110 section 12.5.1'),
      ],
    }),
  },
];
