import type { JsonObject } from '@alongside/kernel/json';
import { isShortRsa, type JsonWebKey, publicKeyOf } from '@alongside/kernel/jws';
import { z } from 'zod';
import type { Cis2Registration, Profile } from '../../oauth/applications.ts';
import { certificateSubjectOf } from '../../oauth/certificate-subject.ts';
import { type ClientDraft, draftDefaults, draftProblem } from './draft.ts';
import { registrationErrors } from './errors.ts';

// Client metadata with the names of RFC 7591 section 2, OpenID Connect Registration section 2, RFC 9126, 9101, 9449 and 8705.

const text = z
  .string()
  .max(1_000)
  .regex(/^\P{Cc}*$/u);
const addresses = z.array(z.string().max(2_048)).max(50);
const algorithm = z.enum(['RS256', 'RS512', 'PS256', 'ES256', 'EdDSA']);
const signing = z.enum(['RS256', 'PS256', 'ES256']);
const publicKey = z
  .looseObject({ kty: z.string() })
  .refine((jwk) => publicKeyOf(jwk) !== undefined, 'holds a key that is no public one')
  .refine((jwk) => {
    const key = publicKeyOf(jwk);
    return key === undefined || !isShortRsa(key);
  }, 'holds an RSA key of fewer than 2048 bits');

const shape = z.looseObject({
  client_name: text.min(1).max(100).optional(),
  redirect_uris: addresses.min(1),
  post_logout_redirect_uris: addresses.optional(),
  backchannel_logout_uri: z.string().max(2_048).optional(),
  application_type: z.enum(['web', 'native']).optional(),
  response_types: z.array(z.literal('code')).min(1).optional(),
  grant_types: z
    .array(z.enum(['authorization_code', 'refresh_token']))
    .min(1)
    .optional(),
  token_endpoint_auth_method: text.optional(),
  token_endpoint_auth_signing_alg: algorithm.optional(),
  jwks: z.strictObject({ keys: z.array(publicKey).min(1).max(100) }).optional(),
  jwks_uri: z.string().max(2_048).optional(),
  id_token_signed_response_alg: signing.optional(),
  userinfo_signed_response_alg: signing.optional(),
  request_object_signing_alg: algorithm.optional(),
  require_pushed_authorization_requests: z.boolean().optional(),
  require_signed_request_object: z.boolean().optional(),
  dpop_bound_access_tokens: z.boolean().optional(),
  tls_client_certificate_bound_access_tokens: z.boolean().optional(),
  tls_client_auth_subject_dn: text.optional(),
  tls_client_auth_san_dns: text.optional(),
  tls_client_auth_san_uri: text.optional(),
  tls_client_auth_san_ip: text.optional(),
  tls_client_auth_san_email: text.optional(),
  subject_type: z.literal('public').optional(),
  /** An extension: whether requests need a code challenge (RFC 7636). */
  pkce: z.enum(['required', 'optional']).optional(),
  /** An extension: the claims of ID tokens. */
  id_token_claims: z.enum(['requested', 'published']).optional(),
});

type Metadata = z.output<typeof shape>;

const refuse = (member: string, problem: string) =>
  (member.startsWith('redirect_uris')
    ? registrationErrors.registrationRedirect
    : registrationErrors.registrationMetadata)(`${member}: ${problem}`, {
    member: member.slice(0, 100),
    problem: problem.slice(0, 300),
  });

function boundTokensOf(metadata: Metadata): 'dpop' | 'certificate' | null {
  if (metadata.dpop_bound_access_tokens) return 'dpop';
  return metadata.tls_client_certificate_bound_access_tokens ? 'certificate' : null;
}

const needed = (required: boolean | undefined) => (required ? 'required' : 'optional');

function registrationOf(
  metadata: Metadata,
  profile: Profile,
  before: Cis2Registration | undefined,
): ClientDraft['registration'] {
  const usual = draftDefaults(profile);
  const subject = certificateSubjectOf(metadata);
  return {
    ...usual,
    redirectUris: metadata.redirect_uris,
    postLogoutRedirectUris: metadata.post_logout_redirect_uris ?? [],
    backchannelLogoutUri: metadata.backchannel_logout_uri ?? '',
    applicationType: metadata.application_type ?? 'web',
    refreshTokens: metadata.grant_types?.includes('refresh_token') ?? false,
    tokenEndpointAuthMethod: metadata.token_endpoint_auth_method ?? usual.tokenEndpointAuthMethod,
    signingAlg: metadata.token_endpoint_auth_signing_alg ?? '',
    jwks: (metadata.jwks as { keys: JsonWebKey[] } | undefined) ?? null,
    jwksUrl: metadata.jwks_uri ?? null,
    idTokenSigningAlg: metadata.id_token_signed_response_alg ?? usual.idTokenSigningAlg,
    userinfoSigningAlg: metadata.userinfo_signed_response_alg ?? null,
    requestObjectSigningAlg: metadata.request_object_signing_alg ?? '',
    pushedRequests: needed(metadata.require_pushed_authorization_requests),
    signedRequests: needed(metadata.require_signed_request_object),
    boundTokens: boundTokensOf(metadata),
    pkce: metadata.pkce ?? before?.pkce ?? usual.pkce,
    idTokenClaims: metadata.id_token_claims ?? before?.idTokenClaims ?? usual.idTokenClaims,
    certificateSubject: Object.keys(subject).length === 0 ? null : subject,
  };
}

/**
 * Reads client metadata. Ignores unknown members (RFC 7591 section 2) and throws with the name of an invalid one.
 * @param before the registration that it replaces.
 */
export function readMetadata(body: JsonObject, profile: Profile, before?: Cis2Registration): ClientDraft {
  const result = shape.safeParse(body);
  if (!result.success) {
    const issue = result.error.issues[0];
    throw refuse((issue?.path ?? []).join('.') || 'metadata', issue?.message ?? 'is not valid');
  }
  const metadata = result.data;
  if (metadata.dpop_bound_access_tokens && metadata.tls_client_certificate_bound_access_tokens)
    throw refuse('dpop_bound_access_tokens', 'must not come with tls_client_certificate_bound_access_tokens');
  const registration = registrationOf(metadata, profile, before);
  const draft = { name: metadata.client_name ?? 'A client that registered itself', registration };
  const problem = draftProblem(draft);
  if (problem) throw refuse(problem.member, problem.problem);
  return draft;
}

const given = (members: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== null && value !== undefined && value !== ''),
  );

/** Returns a registration as client metadata (RFC 7591 section 3.2.1). */
export const metadataOf = (name: string, registration: Cis2Registration): Record<string, unknown> =>
  given({
    client_name: name,
    redirect_uris: registration.redirectUris,
    post_logout_redirect_uris: registration.postLogoutRedirectUris,
    backchannel_logout_uri: registration.backchannelLogoutUri,
    backchannel_logout_session_required: true,
    application_type: registration.applicationType,
    response_types: ['code'],
    grant_types: ['authorization_code', ...(registration.refreshTokens ? ['refresh_token'] : [])],
    token_endpoint_auth_method: registration.tokenEndpointAuthMethod,
    token_endpoint_auth_signing_alg: registration.signingAlg,
    jwks: registration.jwks,
    jwks_uri: registration.jwksUrl,
    id_token_signed_response_alg: registration.idTokenSigningAlg,
    userinfo_signed_response_alg: registration.userinfoSigningAlg,
    request_object_signing_alg: registration.requestObjectSigningAlg,
    require_pushed_authorization_requests:
      registration.profile === 'fapi2' || registration.pushedRequests === 'required',
    require_signed_request_object: registration.signedRequests === 'required',
    dpop_bound_access_tokens: registration.boundTokens === 'dpop',
    tls_client_certificate_bound_access_tokens: registration.boundTokens === 'certificate',
    ...(registration.certificateSubject ?? {}),
    subject_type: 'public',
    ...(registration.pkce ? { pkce: registration.pkce } : {}),
    id_token_claims: registration.idTokenClaims,
  });
