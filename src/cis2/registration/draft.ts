import { type Refuse, reasonOf } from '@alongside/kernel/errors';
import type { HttpRequest } from '@alongside/kernel/http';
import { randomToken, uuid } from '@alongside/kernel/ids';
import { type JsonObject, parseJsonObject } from '@alongside/kernel/json';
import { sha256 } from '@alongside/kernel/secrets';
import type { Application, Cis2Registration, StoredApplication } from '../../oauth/applications.ts';
import {
  keySetAddressProblem,
  redirectProblem,
  serverAddressProblem,
} from '../../oauth/registered-addresses.ts';
import { profileRules } from '../model/profiles.ts';

/** A registration without the client id and the secrets. */
export interface ClientDraft {
  name: string;
  registration: Omit<Cis2Registration, 'clientId' | 'secrets'>;
}

/** An error of a draft: the member by its name in RFC 7591, and its rule. */
export interface DraftProblem {
  member: string;
  problem: string;
}

/** Parses the JSON object of a request. */
export function readJsonBody({ headers, body }: HttpRequest, refuse: Refuse): JsonObject {
  if (!/^application\/json\s*(;|$)/i.test(headers['content-type'] ?? ''))
    throw refuse('the body is not JSON', { problem: 'the body must be application/json' });
  try {
    return parseJsonObject(body);
  } catch (error) {
    throw refuse(reasonOf(error), { problem: reasonOf(error) });
  }
}

/** Returns the values of members that a registration lacks. */
export const draftDefaults = (profile: Cis2Registration['profile']): ClientDraft['registration'] => ({
  profile,
  tokenEndpointAuthMethod: profile === 'fapi2' ? 'private_key_jwt' : 'client_secret_basic',
  signingAlg: '',
  jwks: null,
  jwksUrl: null,
  redirectUris: [],
  postLogoutRedirectUris: [],
  applicationType: 'web',
  backchannelLogoutUri: '',
  pkce: null,
  refreshTokens: false,
  firstAuthenticator: null,
  maxAge: profile === 'nhs' ? 'proof' : 'pin',
  idTokenSigningAlg: profile === 'fapi2' ? 'PS256' : 'RS256',
  userinfoSigningAlg: null,
  idTokenClaims: profile === 'nhs' ? 'published' : 'requested',
  boundTokens: null,
  pushedRequests: 'optional',
  signedRequests: 'optional',
  requestObjectSigningAlg: '',
  certificateSubject: null,
});

const listProblem = (
  member: string,
  list: readonly string[],
  registration: ClientDraft['registration'],
): DraftProblem | undefined => {
  const rules = { profile: registration.profile, native: registration.applicationType === 'native' };
  for (const address of list) {
    const problem = redirectProblem(address, rules);
    if (problem) return { member, problem: `${address.slice(0, 200)} ${problem}` };
  }
  return undefined;
};

const addressProblem = (member: string, problem: string | undefined): DraftProblem | undefined =>
  problem === undefined ? undefined : { member, problem };

/** The rules of a profile for the members of a draft, in the order of their report. */
function rulesFor(registration: ClientDraft['registration']): (DraftProblem & { broken: boolean })[] {
  const { authenticationMethods: all, algorithms } = profileRules[registration.profile];
  // Only an operator registers public clients.
  const authenticationMethods = all.filter((method) => method !== 'none');
  const { tokenEndpointAuthMethod: method, jwks, jwksUrl, signingAlg } = registration;
  const byKey = method === 'private_key_jwt' || method === 'self_signed_tls_client_auth';
  return [
    {
      member: 'token_endpoint_auth_method',
      problem: `must be one of ${authenticationMethods.join(', ')}`,
      broken: !authenticationMethods.includes(method),
    },
    {
      member: 'redirect_uris',
      problem: 'must have one address at least',
      broken: registration.redirectUris.length === 0,
    },
    { member: 'jwks', problem: 'must not come with jwks_uri', broken: jwks !== null && jwksUrl !== null },
    {
      member: 'jwks',
      problem: `is needed for ${method}`,
      broken: byKey && jwks === null && jwksUrl === null,
    },
    {
      member: 'token_endpoint_auth_signing_alg',
      problem: `must be one of ${algorithms.join(', ')}`,
      broken: signingAlg !== '' && !algorithms.some((algorithm) => algorithm === signingAlg),
    },
    {
      member: 'request_object_signing_alg',
      problem: `must be one of ${algorithms.join(', ')}`,
      broken:
        Boolean(registration.requestObjectSigningAlg) &&
        !algorithms.some((one) => one === registration.requestObjectSigningAlg),
    },
    {
      member: 'pkce',
      problem: 'must be required in the fapi2 profile, or left out',
      broken: registration.profile === 'fapi2' && registration.pkce === 'optional',
    },
    {
      member: 'id_token_signed_response_alg',
      problem: 'must be PS256 or ES256 in the fapi2 profile',
      broken: !algorithms.includes(registration.idTokenSigningAlg),
    },
    {
      member: 'tls_client_auth_subject_dn',
      problem: 'or one other subject is needed for tls_client_auth, and for nothing else',
      broken: (method === 'tls_client_auth') !== Boolean(registration.certificateSubject),
    },
  ];
}

/** Returns the first error of a draft by the rules of its profile, or undefined. */
export function draftProblem({ registration }: ClientDraft): DraftProblem | undefined {
  const { jwksUrl } = registration;
  const broken = rulesFor(registration).find((rule) => rule.broken);
  if (broken) return { member: broken.member, problem: broken.problem };
  return (
    listProblem('redirect_uris', registration.redirectUris, registration) ??
    listProblem('post_logout_redirect_uris', registration.postLogoutRedirectUris, registration) ??
    addressProblem('jwks_uri', jwksUrl === null ? undefined : keySetAddressProblem(jwksUrl)) ??
    addressProblem(
      'backchannel_logout_uri',
      registration.backchannelLogoutUri === ''
        ? undefined
        : serverAddressProblem(registration.backchannelLogoutUri),
    )
  );
}

const bySecret = (registration: Pick<Cis2Registration, 'tokenEndpointAuthMethod'>): boolean =>
  registration.tokenEndpointAuthMethod.startsWith('client_secret_');

/** Settings of the console, which a change by the client keeps. */
const settingsOf = ({ firstAuthenticator, maxAge }: Cis2Registration) => ({ firstAuthenticator, maxAge });
const describedAs = (description: string | undefined) => (description === undefined ? {} : { description });

/** Returns the application of a draft, with a new secret if its method needs one and it lacks it. */
export function applicationOf(
  { name, registration }: ClientDraft,
  identity: { team: string; clientId: string; before?: StoredApplication },
  now: number,
): { application: Application; secret?: string } {
  const { before, team, clientId } = identity;
  const kept = before?.cis2?.secrets ?? [];
  const settings = before?.cis2 ? settingsOf(before.cis2) : {};
  const secret = bySecret(registration) && kept.length === 0 ? randomToken() : undefined;
  const secrets = secret === undefined ? kept : [{ hash: sha256(secret), createdAt: now, expiresAt: null }];
  const application: Application = {
    id: before?.id ?? uuid(),
    name,
    developer: before?.developer ?? team,
    status: before?.status ?? 'approved',
    platform: before?.platform ?? null,
    cis2: {
      ...describedAs(before?.cis2?.description),
      ...registration,
      ...settings,
      clientId,
      secrets: bySecret(registration) ? secrets : [],
    },
  };
  return secret === undefined ? { application } : { application, secret };
}
