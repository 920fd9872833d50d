import { createHash } from 'node:crypto';
import type { JsonObject } from '@alongside/kernel/json';
import { z } from 'zod';
import type { Cis2Registration, StoredApplication } from '../../oauth/applications.ts';
import { type ClientDraft, draftDefaults, draftProblem } from './draft.ts';
import { registrationErrors } from './errors.ts';

// A client in the form of the Connection Manager interface.

const text = (longest: number) =>
  z
    .string()
    .max(longest)
    .regex(/^\P{Cc}*$/u, 'must not hold control characters');

const shape = z.strictObject({
  client_name: text(100).min(1),
  description: text(1_000).optional(),
  redirect_uris: z.array(z.string().max(2_048)).min(1).max(50),
  post_logout_redirect_uris: z.array(z.string().max(2_048)).max(50).optional(),
  backchannel_logout_uri: z.string().max(2_048).optional(),
  token_endpoint_auth_method: z
    .enum(['client_secret_post', 'client_secret_basic', 'private_key_jwt'])
    .optional(),
  jwks_uri: z.string().max(2_048).optional(),
  jwks_uri_signing_algorithm: z.enum(['RS256', 'RS512', 'ES256', 'PS256']).optional(),
  userinfo_signed_response_alg: z.enum(['RS256', 'ES256', 'PS256']).optional(),
  // Our responses have it, so a body that was read from one is valid.
  client_id: text(500).optional(),
});

const refuse = (member: string, problem: string) =>
  registrationErrors.configInvalid(`${member}: ${problem}`, {
    field: member.slice(0, 100),
    problem: problem.slice(0, 300),
  });

/**
 * Reads a configuration, or throws `configInvalid` with the name of an invalid member. A new client has the `nhs` profile.
 * @param before the registration to change: settings without a member in a configuration stay
 */
export function readConfig(body: JsonObject, before: Cis2Registration | null = null): ClientDraft {
  const result = shape.safeParse(body);
  if (!result.success) {
    const issue = result.error.issues[0];
    throw refuse((issue?.path ?? []).join('.') || 'body', issue?.message ?? 'is not valid');
  }
  const config = result.data;
  const usual = before ?? { ...draftDefaults('nhs'), tokenEndpointAuthMethod: 'client_secret_post' };
  const draft: ClientDraft = {
    name: config.client_name,
    registration: {
      ...usual,
      tokenEndpointAuthMethod: config.token_endpoint_auth_method ?? usual.tokenEndpointAuthMethod,
      redirectUris: config.redirect_uris,
      postLogoutRedirectUris: config.post_logout_redirect_uris ?? [],
      backchannelLogoutUri: config.backchannel_logout_uri ?? '',
      jwksUrl: config.jwks_uri || null,
      jwks: config.jwks_uri ? null : usual.jwks,
      signingAlg: config.jwks_uri_signing_algorithm ?? '',
      userinfoSigningAlg: config.userinfo_signed_response_alg ?? null,
      description: config.description ?? '',
    },
  };
  const problem = draftProblem(draft);
  if (problem) throw refuse(problem.member, problem.problem);
  return draft;
}

/** Returns the version of a registration for optimistic locking. Every change of the registration changes it. */
export const hashOf = ({ id, revision }: StoredApplication): string =>
  createHash('sha256').update(`${id} ${revision}`).digest('hex');

/** Returns a registration as a configuration; undefined if the application is not a client of CIS2. */
export function configOf(application: StoredApplication): Record<string, unknown> | undefined {
  const { cis2: registration, name } = application;
  if (!registration) return undefined;
  return {
    id: application.id,
    config_name: name,
    hash: hashOf(application),
    client_config: {
      client_id: registration.clientId,
      client_name: name,
      description: registration.description ?? '',
      redirect_uris: registration.redirectUris,
      post_logout_redirect_uris: registration.postLogoutRedirectUris,
      backchannel_logout_uri: registration.backchannelLogoutUri,
      token_endpoint_auth_method: registration.tokenEndpointAuthMethod,
      ...(registration.jwksUrl === null ? {} : { jwks_uri: registration.jwksUrl }),
      ...(registration.signingAlg === '' ? {} : { jwks_uri_signing_algorithm: registration.signingAlg }),
      ...(registration.userinfoSigningAlg === null
        ? {}
        : { userinfo_signed_response_alg: registration.userinfoSigningAlg }),
    },
  };
}

/** Returns a client id in the published form: team, name, uuid. */
export const configClientId = (team: string, name: string, id: string): string => {
  const slug = (value: string) =>
    value
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-|-$/g, '')
      .slice(0, 40) || 'client';
  return `${slug(team)}.${slug(name)}.${id}.apps`;
};
