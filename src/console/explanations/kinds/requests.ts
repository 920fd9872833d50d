import { isObject } from '@alongside/kernel/json';
import { decodeJwt } from '@alongside/kernel/jws';
import { shownSecret } from '@alongside/kernel/refusal-facts';
import type { StoredApplication } from '../../../oauth/applications.ts';
import { likeness } from '../../../oauth/check.ts';
import { scopesOf } from '../../../oauth/products.ts';
import type { ConsoleContext } from '../../model/dependencies.ts';
import type { HalfName } from '../../model/registration/shape.ts';
import { type DescribedRequest, readCurl } from '../curl.ts';
import { atCis2, atPlatform, type DryRun, findingOf, headlineOf, type Insights } from '../dry-run.ts';
import {
  checked,
  cut,
  type ExplainedCheck,
  type ExplainKind,
  type Finding,
  firstFailure,
  listed,
  nearest,
  ownBanner,
  sentenceOf,
  unchecked,
} from '../finding.ts';
import { linkTo, Registered, standingOf } from '../registered.ts';
import { addressOf, explainApiCall } from './api-call.ts';
import { clientAssertion } from './client-assertion.ts';

const authorizeEnd = '/authorize';
const basePaths: readonly string[] = ['/oauth2', '/oauth2-mock', '/oauth2.1'];

/** The addresses of one kind of request in this installation. */
function addressesOf(
  { urls, cis2Issuer, development }: ConsoleContext,
  end: 'authorize' | 'token',
): string[] {
  const bases = basePaths.filter((base) => development || base !== '/oauth2-mock');
  return [
    ...bases.map((base) => `${urls.api}${base}/${end}`),
    `${cis2Issuer}/${end === 'token' ? 'access_token' : end}`,
  ];
}

/** Checks that a request goes to an endpoint of this installation. */
function addressCheck(url: URL, known: readonly string[]): ExplainedCheck {
  const received = addressOf(url);
  return checked('address', known.includes(received), {
    received,
    expected: listed(received, known),
    why: known.includes(received) ? '' : wrongAddress(url, known),
  });
}

function wrongAddress(url: URL, known: readonly string[]): string {
  const otherHost = known.find((address) => URL.parse(address)?.pathname === url.pathname);
  if (otherHost)
    return `The path is right, the server is not: ${new URL(otherHost).origin} is this installation.`;
  const received = addressOf(url);
  const similar = nearest(received, known) ?? '';
  return likeness(received, similar) ?? `The nearest address here is ${similar}.`;
}

/** The level that a class of authentication asks for. */
const levelOf = (acr: string): number => Number(/^AAL(\d)/.exec(acr)?.[1] ?? 0);

/** Returns the values that CIS2 offers, by its discovery document. */
async function offered(
  name: 'acr_values_supported' | 'scopes_supported',
  { cis2, cis2Issuer }: ConsoleContext,
): Promise<string[]> {
  const path = `${new URL(cis2Issuer).pathname}/.well-known/openid-configuration`;
  const { body } = await cis2.call({ path });
  const values = isObject(body) ? body[name] : undefined;
  return Array.isArray(values) ? values.filter((value) => typeof value === 'string') : [];
}

/** Checks the level of a request in the combined pattern: scopes exist for exact levels only. */
async function levelCheck(
  acrValues: string | null,
  application: StoredApplication | undefined,
  console: ConsoleContext,
): Promise<ExplainedCheck> {
  const name = 'acr_values';
  if (!acrValues)
    return unchecked(
      name,
      'not applicable',
      'Without it the person signs in at the highest level, AAL3_ANY.',
    );
  const classes = await offered('acr_values_supported', console);
  const asked = acrValues.split(' ').filter(Boolean);
  const known = asked.filter((value) => classes.includes(value));
  if (known.length === 0)
    return checked(name, false, {
      received: acrValues,
      expected: listed(asked[0] ?? '', classes),
      why: 'CIS2 ignores classes that it does not offer, and asks for AAL3_ANY.',
    });
  const { platform } = application ?? {};
  const scopes = platform ? scopesOf(await console.products.of(platform)) : [];
  const levels = [1, 2, 3].filter((level) => scopes.some((scope) => scope.includes(`:aal${level}:`)));
  const fits = known.some((value) =>
    value.includes('_OR_') ? levels.some((level) => level >= 2) : levels.includes(levelOf(value)),
  );
  return checked(name, fits || !platform, {
    received: acrValues,
    expected: `a level for which the products have scopes: ${levels.map((level) => `AAL${level}`).join(', ') || 'none'}`,
    why: fits
      ? ''
      : 'The sign-in would succeed, and then no scope would be left: a scope counts for its exact level.',
  });
}

/** Names the first scope that CIS2 does not offer, and the nearest that it does. */
async function scopeInsight(scope: string, console: ConsoleContext): Promise<Insights[string]> {
  const scopes = await offered('scopes_supported', console);
  const unknown = scope.split(' ').find((value) => value !== '' && !scopes.includes(value));
  if (unknown === undefined) return { received: scope };
  return { received: scope, expected: listed(unknown, scopes), why: `CIS2 offers no scope ${cut(unknown)}.` };
}

/** Explains a client id that the service refuses, by those of the registrations. */
function clientInsight(registered: Registered, clientId: string, half: HalfName): Insights[string] {
  return {
    received: clientId || 'missing',
    expected: listed(clientId, registered.clientIds(half)),
    why: registered.mistaken(clientId, half),
  };
}

const isWrong = ({ checks }: DryRun, name: string): boolean =>
  checks.some(({ check, ok }) => check === name && !ok);

async function explainAuthorize(url: URL, console: ConsoleContext): Promise<Finding> {
  const registered = await Registered.read(console);
  const address = addressCheck(url, addressesOf(console, 'authorize'));
  const parameters = url.searchParams;
  const clientId = parameters.get('client_id') ?? '';
  const application = registered.byClient(clientId);
  const isCis2 = url.pathname.startsWith(new URL(console.cis2Issuer).pathname);
  const half = isCis2 ? 'cis2' : 'platform';
  const base = basePaths.find((path) => url.pathname === path + authorizeEnd);
  const request = { url: `${url.pathname}${url.search}`, ...(base ? { base } : { base: '/oauth2' }) };
  const run = isCis2
    ? await atCis2(console, { query: url.search.slice(1) })
    : await atPlatform(console, request);
  if (!run) return refusedAddress([address], { headline: 'The parameters cannot be read', application });
  const callbacks = isCis2 ? application?.cis2?.redirectUris : application?.platform?.callbackUrls;
  const redirectUri = parameters.get('redirect_uri') ?? '';
  const hint = callbacks?.map((uri) => likeness(redirectUri, uri)).find((found) => found !== undefined);
  const insights: Insights = {
    ...standingOf(application),
    client_id: isWrong(run, 'client_id') ? clientInsight(registered, clientId, half) : undefined,
    redirect_uri:
      callbacks && isWrong(run, 'redirect_uri')
        ? { received: redirectUri || 'missing', expected: listed(redirectUri, callbacks), why: hint ?? '' }
        : undefined,
    ...Object.fromEntries(
      ['state', 'response_type', 'scope', 'prompt', 'max_age'].flatMap((name) =>
        run.checks.some(({ check }) => check === name) && parameters.has(name)
          ? [[name, { received: parameters.get(name) ?? '' }]]
          : [],
      ),
    ),
    ...(isCis2 && isWrong(run, 'scope')
      ? { scope: await scopeInsight(parameters.get('scope') ?? '', console) }
      : {}),
  };
  const isPublished = run.endpoint.startsWith('/oauth2/') || run.endpoint.startsWith('/oauth2-mock/');
  const last = isPublished
    ? [
        unchecked(
          'scope',
          'not applicable',
          'This endpoint takes the scopes from the products of the application, not from the request.',
          parameters.get('scope') ?? '',
        ),
        await levelCheck(parameters.get('acr_values'), application, console),
      ]
    : [];
  const finding = findingOf(
    run,
    { first: [address], insights, links: application ? [linkTo(application)] : [] },
    (checks) => [...checks, ...last],
  );
  return withOwnFailure(finding, [address]);
}

/** Adds the banner for a check that the service itself does not make, such as one of `first`. */
function withOwnFailure(finding: Finding, first: readonly ExplainedCheck[] = []): Finding {
  const failed = firstFailure(finding.checks);
  const isOwn = failed && (first.includes(failed) || finding.banner?.received !== failed.received);
  if (!failed || (finding.banner?.error && !isOwn)) return finding;
  return {
    ...finding,
    summary: `${headlineOf(failed.name)}. ${finding.summary}`,
    banner: ownBanner(failed, {
      headline: headlineOf(failed.name),
      fix: failed.why ? sentenceOf(failed.why) : `Send ${failed.expected}.`,
      source: 'docs/patterns.md',
    }),
  };
}

const refusedAddress = (
  checks: ExplainedCheck[],
  { headline, application }: { headline: string; application: StoredApplication | undefined },
): Finding =>
  withOwnFailure({
    summary: `${headline}.`,
    banner: null,
    checks,
    links: application ? [linkTo(application)] : [],
  });

function secretLength(secret: string | null): string {
  if (secret === null) return 'missing';
  return secret === '' ? 'empty' : shownSecret(secret);
}

/** Explains why a secret is not one of the client's: its white space, or the client whose secret it is. */
function secretInsight(form: URLSearchParams): Insights['client_secret'] {
  const secret = form.get('client_secret');
  const trimmed = secret !== secret?.trim();
  return {
    received: secretLength(secret),
    why: trimmed
      ? 'There is white space around the secret.'
      : 'The secret is compared by its hash; copy it again, or add a new one: alongside app secret add.',
  };
}

/** Explains the body of a token request. */
async function explainForm(
  form: URLSearchParams,
  console: ConsoleContext,
  { first = [], base }: { first?: ExplainedCheck[]; base?: string } = {},
): Promise<Finding> {
  const registered = await Registered.read(console);
  const assertion = form.get('client_assertion');
  const claims = assertion ? decodeJwt(assertion)?.claims : undefined;
  const clientId = form.get('client_id') ?? (typeof claims?.sub === 'string' ? claims.sub : '');
  const application = registered.byClient(clientId);
  const run = await atPlatform(console, { form: form.toString(), ...(base ? { base } : {}) });
  if (!run) return refusedAddress(first, { headline: 'The form cannot be read', application });
  const callbacks = application?.platform?.callbackUrls ?? [];
  const redirectUri = form.get('redirect_uri') ?? '';
  const insights: Insights = {
    ...standingOf(application),
    client_id: isWrong(run, 'client_id') ? clientInsight(registered, clientId, 'platform') : undefined,
    client_secret: isWrong(run, 'client_secret')
      ? secretInsight(form)
      : { received: secretLength(form.get('client_secret')) },
    redirect_uri: isWrong(run, 'redirect_uri')
      ? { received: redirectUri || 'missing', expected: listed(redirectUri, callbacks) }
      : undefined,
    grant_type: { received: form.get('grant_type') ?? 'missing' },
  };
  const links = application ? [linkTo(application)] : [];
  if (!assertion || !run.checks.some(({ check }) => check === 'aud'))
    return withOwnFailure(findingOf(run, { first, insights, links }), first);
  // The checks of the assertion alone are more detailed for the same members.
  const alone = await clientAssertion.explain(
    { text: assertion, json: undefined, url: undefined, form: undefined, isJwtLike: true },
    console,
  );
  const byName = new Map(alone.checks.map((check) => [check.name, check]));
  return withOwnFailure(
    findingOf(
      run,
      {
        first,
        insights: {
          ...insights,
          ...Object.fromEntries(
            [...byName].map(([name, { received, expected, why }]) => [name, { received, expected, why }]),
          ),
        },
        links,
        ...(alone.details ? { details: alone.details } : {}),
      },
      (checks) => {
        const key = byName.get('key');
        const at = checks.findIndex(({ name }) => name === 'signature');
        return key && at >= 0 ? checks.toSpliced(at, 0, key) : checks;
      },
    ),
    first,
  );
}

const formType = 'application/x-www-form-urlencoded';

/** Explains a token request with its address and headers. */
function explainTokenCall(
  { method, headers, body }: DescribedRequest,
  url: URL,
  console: ConsoleContext,
): Promise<Finding> {
  const type = headers.get('content-type') ?? 'missing';
  const first = [
    addressCheck(url, addressesOf(console, 'token')),
    checked('method', method === 'POST', { received: method, expected: 'POST', why: 'RFC 6749 section 3.2' }),
    checked('content type', type.split(';')[0]?.trim().toLowerCase() === formType, {
      received: type,
      expected: formType,
      why: 'RFC 6749 appendix B',
    }),
    ...(headers.has('authorization') && !url.pathname.startsWith('/oauth2.1')
      ? [
          checked('Authorization', false, {
            received: 'a header',
            expected: 'none',
            why: 'This endpoint takes client_id and client_secret in the form, never by HTTP Basic.',
          }),
        ]
      : []),
  ];
  const base = basePaths.find((path) => url.pathname.startsWith(`${path}/`));
  return explainForm(new URLSearchParams(body), console, { first, ...(base ? { base } : {}) });
}

/** Explains any request by its address. */
async function explainRequest(request: DescribedRequest, console: ConsoleContext): Promise<Finding> {
  const url = URL.parse(request.url);
  if (!url)
    return refusedAddress(
      [checked('address', false, { received: request.url, expected: 'an http or https address' })],
      { headline: 'The address cannot be read', application: undefined },
    );
  if (url.pathname.endsWith(authorizeEnd)) return explainAuthorize(url, console);
  const isToken =
    url.pathname.endsWith('/token') ||
    url.pathname.endsWith('/access_token') ||
    new URLSearchParams(request.body).has('grant_type');
  return isToken ? explainTokenCall(request, url, console) : explainApiCall(request, url, console);
}

export const authorizeUrl: ExplainKind = {
  id: 'authorize-url',
  label: 'the address of an authorization request',
  fits({ url }) {
    if (!url || url.searchParams.has('error')) return undefined;
    const isCertain = url.pathname.endsWith(authorizeEnd) || url.searchParams.has('response_type');
    return isCertain ? 'certain' : 'possible';
  },
  explain: ({ url, text }, console) =>
    explainAuthorize(
      url ?? new URL(`${console.urls.api}/oauth2/authorize?${text.split('?').at(-1)}`),
      console,
    ),
};

export const tokenRequest: ExplainKind = {
  id: 'token-request',
  label: 'the body of a token request',
  fits({ form }) {
    if (!form) return undefined;
    return form.has('grant_type') ? 'certain' : 'possible';
  },
  explain: ({ form, text }, console) => explainForm(form ?? new URLSearchParams(text), console),
};

export const curl: ExplainKind = {
  id: 'curl',
  label: 'a curl command',
  fits: ({ text }) => (/^(?:\$ )?curl(?:\.exe)?\s/.test(text) ? 'certain' : undefined),
  async explain({ text }, console) {
    const request = readCurl(text.replace(/^\$ /, ''));
    if (request) return explainRequest(request, console);
    return refusedAddress(
      [checked('address', false, { received: 'none', expected: 'an http or https address' })],
      { headline: 'The command names no address', application: undefined },
    );
  },
};
