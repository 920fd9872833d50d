import type { Answer } from '@alongside/kernel/answer';
import { type ErrorEntry, Refusal } from '@alongside/kernel/errors';
import type { ErrorFormat, HttpRequest } from '@alongside/kernel/http';
import { plainError } from '@alongside/kernel/http';
import { errorFormat } from '../../src/authorisation/diagnosis.ts';
import { errors as platformErrors } from '../../src/authorisation/errors.ts';
import { tokenError } from '../../src/cis2/responses/error-answers.ts';
import { pds } from '../../src/gateway/errors/pds.ts';
import { refusalViewOf } from '../../src/journeys/refusal-view.ts';
import { catalogues } from '../docs/catalogues.ts';
import { errorPlaces, type Place } from './error-places.ts';

const actors: Readonly<Record<ErrorEntry['actor'], string>> = {
  user: 'the user',
  developer: 'the developer of the application',
  operator: 'the operator of the instance',
  agent: 'the Identity Agent on the workstation',
};

/** The address of the page of an error on the site, without slashes at its ends. */
const errorSlug = (id: string): string => `errors/${id.replaceAll('.', '/').toLowerCase()}`;

const form = (address: string, grant: string, ...fields: string[]): string =>
  [`curl ${address}`, `grant_type=${grant}`, ...fields]
    .map((field, index) => (index === 0 ? field : `  -d ${field}`))
    .join(' \\\n');
const client = ['client_id=$CLIENT_ID', 'client_secret=$CLIENT_SECRET'];
const assertion = [
  'client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  'client_assertion=$ASSERTION',
];
const authorize = (address: string): string =>
  `curl -i "${address}?client_id=$CLIENT_ID&redirect_uri=$REDIRECT_URI&response_type=code&state=$STATE"`;
const platformToken = 'http://localhost:8401/oauth2/token';
const cis2Realm = 'http://localhost:8402/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare';
const patient = `curl http://localhost:8401/personal-demographics/FHIR/R4/Patient/9000000009 \\
  -H "Authorization: Bearer $ACCESS_TOKEN" \\
  -H "X-Request-ID: $(uuidgen)"`;

/** The request in which each list of steps refuses, by its name. */
const requests: Readonly<Record<string, string>> = {
  'oauth2.authorize': authorize('http://localhost:8401/oauth2/authorize'),
  'oauth2.token.authorization_code': form(
    platformToken,
    'authorization_code',
    ...client,
    'code=$CODE',
    'redirect_uri=$REDIRECT_URI',
  ),
  'oauth2.token.refresh_token': form(
    platformToken,
    'refresh_token',
    ...client,
    'refresh_token=$REFRESH_TOKEN',
  ),
  'oauth2.token.client_credentials': form(platformToken, 'client_credentials', ...assertion),
  'oauth2.token.token_exchange': form(
    platformToken,
    'urn:ietf:params:oauth:grant-type:token-exchange',
    'subject_token_type=urn:ietf:params:oauth:token-type:id_token',
    'subject_token=$ID_TOKEN',
    ...assertion,
  ),
  'oauth2.userinfo': 'curl http://localhost:8401/oauth2/userinfo -H "Authorization: Bearer $ACCESS_TOKEN"',
  'oauth2.1.authorize': authorize('http://localhost:8401/oauth2.1/authorize'),
  'gateway.call': patient,
  'cis2.authorize': authorize(`${cis2Realm}/authorize`),
  'cis2.token': form(`${cis2Realm}/access_token`, 'authorization_code', ...client, 'code=$CODE'),
  'cis2.userinfo': `curl ${cis2Realm}/userinfo -H "Authorization: Bearer $ACCESS_TOKEN"`,
};

const exampleRequest = ({ id }: ErrorEntry, places: readonly Place[]): string | undefined => {
  const [known] = places.flatMap(({ list }) => requests[list] ?? []);
  if (known !== undefined) return known;
  return /^(gateway|pds)\./.test(id) ? patient : undefined;
};

const formatOf = ({ id }: ErrorEntry): ErrorFormat => {
  if (/^(?:authorisation\.(?!console\.|standard\.)|signing\.)/.test(id)) return errorFormat(platformErrors);
  if (/^cis2\./.test(id)) return tokenError;
  if (/^(gateway|pds)\./.test(id))
    return (thrown, { id: messageId }) => pds.render(thrown as Refusal, messageId);
  return plainError;
};

/** Returns the response as its service renders it, with its body indented. */
async function exampleResponse(entry: ErrorEntry): Promise<string> {
  if (entry.redirect)
    return `HTTP/1.1 302 Found\nLocation: $REDIRECT_URI?${new URLSearchParams({ error: entry.code, error_description: entry.description })}&state=$STATE`;
  const request = {
    id: '6f3c2a51-8b7e-4c64-9d4b-0e2f8f0c1a77',
    method: 'GET',
    path: '/',
    query: '',
    headers: {},
    params: {},
  };
  const answer: Answer = await formatOf(entry)(new Refusal(entry, ''), request as unknown as HttpRequest);
  const body = String(answer.body);
  return `HTTP/1.1 ${answer.status}\n\n${body.startsWith('{') ? JSON.stringify(JSON.parse(body), null, 2) : body}`;
}

const placeLine = ({ list, step, number, of }: Place): string =>
  `- \`${list}\`: check ${number} of ${of}, \`${step}\``;

async function page(entry: ErrorEntry, service: string, places: readonly Place[]): Promise<string> {
  const { id, code, status, description, actor, expected, fix, source } = entry;
  const { headline } = refusalViewOf({ record: { ...entry, error: id, detail: '' } });
  const request = exampleRequest(entry, places);
  return [
    '---',
    `title: ${JSON.stringify(headline)}`,
    `description: ${JSON.stringify(`${status} ${code}: ${description}`)}`,
    'sidebar: { hidden: true }',
    'prev: false',
    'next: false',
    // An application never gets the errors of calls between the parts of an instance.
    ...(isInner(id) ? ['pagefind: false'] : []),
    '---',
    '',
    `**${status}${code === '' ? '' : ` \`${code}\``}**, ${service}, \`${id}\`. [All errors](/errors/).`,
    '',
    '## What it means',
    '',
    `The response says: ${escaped(description)}`,
    '',
    `Expected: ${escaped(expected || 'another request')}.`,
    '',
    '## Fix',
    '',
    `${escaped(fix)} ${capital(actors[actor])} must act.`,
    '',
    `\`npx alongside explain ID\` shows what was received, with the \`X-Message-Id\` of your response. In development, the response links to this error in the console of the instance.`,
    '',
    ...(request === undefined ? [] : ['## A request that can get it', '', '```sh', request, '```', '']),
    '## The response',
    '',
    ...(id.startsWith('cis2.')
      ? ['As the token endpoint sends it. A browser gets a page with the same error in words.', '']
      : []),
    '```http',
    await exampleResponse(entry),
    '```',
    '',
    ...(places.length === 0
      ? []
      : [
          '## When it is checked',
          '',
          'In the published order of checks, the first that fails is reported:',
          '',
          ...places.map(placeLine),
          '',
          '[All lists of checks](/steps/).',
          '',
        ]),
    `Source of the rule: ${escaped(source)}.`,
    '',
  ].join('\n');
}

const isInner = (id: string): boolean => id.startsWith('console.') || id.includes('.console.');
const capital = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
/** Texts of errors are not Markdown. */
const escaped = (text: string): string => text.replace(/[\\<>*_[\]`{}|]/g, '\\$&');

/** Returns the pages of all errors by their place on the site. */
export async function errorPages(): Promise<Map<string, string>> {
  const all = await catalogues();
  const places = errorPlaces(all.flatMap(({ entries }) => entries));
  const pages = new Map<string, string>();
  for (const { title, entries } of all)
    for (const entry of entries)
      pages.set(errorSlug(entry.id), await page(entry, title, places.get(entry.id) ?? []));
  return pages;
}

/** Links the ids in the table of all errors to their pages. */
export const withErrorLinks = (table: string): string =>
  table.replace(/^\| `([\w.-]+)`<br>/gm, (_, id: string) => `| [\`${id}\`](/${errorSlug(id)}/)<br>`);
