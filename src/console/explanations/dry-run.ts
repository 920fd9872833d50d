import type { JsonObject } from '@alongside/kernel/json';
import {
  type ValidationAnswer as PlatformAnswer,
  paths,
  type ValidateRequest,
} from '../../authorisation/protocol.ts';
import { consolePaths } from '../../cis2/protocol.ts';
import type { ConsoleContext } from '../model/dependencies.ts';
import { type Banner, cut, type ExplainedCheck, type Finding, firstFailure, sentenceOf } from './finding.ts';

type TriedCheck = PlatformAnswer['checks'][number];

/** The result of a dry run with the checks of a real endpoint. */
export interface DryRun {
  /** The endpoint, as people call it. */
  readonly endpoint: string;
  readonly checks: readonly TriedCheck[];
  readonly answer: PlatformAnswer['answer'];
}

const isReport = (body: unknown): body is PlatformAnswer =>
  typeof body === 'object' && body !== null && 'checks' in body && Array.isArray(body.checks);

/** Runs the checks of the API platform. Undefined if it has no such base path. */
export async function atPlatform(
  { platform }: ConsoleContext,
  request: ValidateRequest,
): Promise<DryRun | undefined> {
  const { body } = await platform.call({ method: 'POST', path: paths.validate, body: request });
  if (!isReport(body)) return undefined;
  const end = request.url === undefined ? 'token' : 'authorize';
  return { endpoint: `${body.base}/${end}`, checks: body.checks, answer: body.answer };
}

export async function atCis2(
  { cis2 }: ConsoleContext,
  request: { assertion: string } | { query: string },
): Promise<DryRun | undefined> {
  const { body } = await cis2.call({ method: 'POST', path: consolePaths.validate, body: request });
  if (!isReport(body)) return undefined;
  const endpoint = 'assertion' in request ? 'The token endpoint of CIS2' : 'CIS2';
  return { endpoint, checks: body.checks, answer: body.answer };
}

/** The findings about a check from registered values and times. */
export interface Insight {
  readonly received?: string;
  readonly expected?: string;
  readonly why?: string;
}
export type Insights = Readonly<Record<string, Insight | undefined>>;

/** Why each check exists. */
const reasons: Readonly<Record<string, string>> = {
  alg: 'The algorithm that the profile of the application allows',
  typ: 'Another type is another kind of token',
  kid: 'Tells the service which registered key to use',
  'iss and sub': 'Both name the application',
  iss: 'The application made the assertion',
  sub: 'The assertion is about the application',
  aud: 'An assertion for another server is not accepted, so that none can be passed on',
  exp: 'A short life limits what a stolen assertion is worth',
  nbf: 'Not valid before this time',
  iat: 'Not made in the future',
  jti: 'Each assertion is accepted once',
  client: 'Which application this is',
  client_id: 'Which application this is',
  application: 'A revoked application is not served',
  products: 'A product has to include this service',
  developer: 'Applications of an inactive developer are not served',
  signature: 'Proves that the application made it',
  redirect_uri: 'Responses are sent only to a registered address, compared character for character',
  state: 'Binds the response to the browser that asked',
  response_type: 'Only the code flow is offered',
  code_challenge: 'PKCE binds the code to the program that asked',
  client_secret: 'Proves which application this is',
  code: 'A code is used once, by the application that asked, within its lifetime',
  refresh_token: 'A refresh token is used once',
  scope: 'What the products of the application allow at the level of the sign-in',
  grant_type: 'Which kind of token request this is',
  subject_token: 'The ID token of the person',
};

const headlines: Readonly<Record<string, string>> = {
  alg: 'The assertion is signed with another algorithm',
  typ: 'The type of the assertion is wrong',
  kid: 'The assertion names no key',
  key: 'No registered key has this kid',
  'iss and sub': 'iss and sub are not the same client id',
  iss: 'iss is not the client id',
  sub: 'sub is not the client id',
  aud: 'The assertion is for another server',
  exp: 'The expiry time is wrong',
  nbf: 'The assertion is not valid yet',
  iat: 'The assertion was made in the future',
  jti: 'The assertion was used before, or has no id',
  client: 'No application has this client id',
  client_id: 'No application has this client id',
  application: 'The application is not approved',
  products: 'No product of the application includes this service',
  developer: 'The developer of the application is inactive',
  signature: 'The signature is not that of the registered key',
  redirect_uri: 'The callback address is not registered',
  state: 'state is missing',
  response_type: 'The response type is not code',
  client_secret: 'The client secret is wrong',
  code: 'The code is unknown, used or expired',
  refresh_token: 'The refresh token is unknown, used or expired',
  scope: 'The scope is not allowed',
  acr_values: 'No level of the request is offered',
  grant_type: 'The grant type is not offered',
  address: 'The address is wrong',
};

/** Returns the headline for a failed check. */
export const headlineOf = (name: string): string => headlines[name] ?? `${name} is wrong`;

const explainedCheck = (
  { check, ok, expected, received, refusal }: TriedCheck,
  insights: Insights,
): ExplainedCheck => {
  const { received: insight, expected: registered, why } = insights[check] ?? {};
  return {
    name: check,
    outcome: ok ? 'passed' : 'failed',
    received: cut(insight ?? received),
    expected: registered ?? expected,
    why: (why && sentenceOf(why)) || (ok ? (reasons[check] ?? '') : (refusal?.fix ?? reasons[check] ?? '')),
  };
};

/** Returns the banner for the first check of a dry run that failed. */
function bannerOfRun({ checks }: DryRun, explained: readonly ExplainedCheck[]): Banner | null {
  const failed = firstFailure(explained);
  if (!failed) return null;
  const { refusal } = checks.find(({ check, ok }) => !ok && check === failed.name) ??
    checks.find(({ ok }) => !ok) ?? { refusal: undefined };
  const isHint = failed.why !== '' && failed.why !== refusal?.fix;
  return {
    error: refusal?.error ?? null,
    headline: headlineOf(failed.name),
    received: failed.received || null,
    expected: failed.expected || null,
    fix: [isHint ? sentenceOf(failed.why) : '', refusal?.fix ?? ''].filter(Boolean).join(' '),
    actor: refusal?.actor ?? 'developer',
    source: refusal?.source ?? '',
  };
}

/** Joins the checks of a dry run with others, which come first, and states how the service would respond. */
export function findingOf(
  run: DryRun,
  {
    first = [],
    insights = {},
    links = [],
    details,
  }: {
    first?: readonly ExplainedCheck[];
    insights?: Insights;
    links?: Finding['links'];
    details?: Finding['details'];
  },
  arrange: (checks: ExplainedCheck[]) => ExplainedCheck[] = (checks) => checks,
): Finding {
  const checks = arrange([...first, ...run.checks.map((check) => explainedCheck(check, insights))]);
  const { answer, endpoint } = run;
  return {
    summary: answer
      ? `${endpoint} would answer ${answer.status} ${answer.error}: ${answer.error_description}`
      : `${endpoint} would accept this now.`,
    banner: bannerOfRun(run, checks),
    checks,
    links,
    ...(details ? { details } : {}),
  };
}

/** The finding for a text that no service could read. */
export function unreadable(
  checks: ExplainedCheck[],
  { headline, fix, source }: Pick<Banner, 'headline' | 'fix' | 'source'>,
): Finding {
  const failed = checks.find(({ outcome }) => outcome === 'failed');
  const { received = null, expected = null } = failed ?? {};
  return {
    summary: `${headline}.`,
    banner: { error: null, headline, received, expected, fix, actor: 'developer', source },
    checks,
    links: [],
  };
}

export const textClaim = (claims: JsonObject, name: string): string => {
  const value = claims[name];
  return typeof value === 'string' ? value : '';
};
