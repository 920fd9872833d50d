import type { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Clock } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import { jsonProblem } from '@alongside/kernel/json';
import type { Log } from '@alongside/kernel/log';
import { ConfigurationError } from '@alongside/kernel/operator';
import { readTextFile } from '@alongside/kernel/text-file';
import { z } from 'zod';
import type { BasePath } from '../authorisation/index.ts';
import { endpointPaths } from '../cis2/protocol.ts';
import type { Config } from '../config.ts';
import { ClientRevocations } from '../oauth/client-revocations.ts';
import { readAuthorities } from '../oauth/mutual-tls.ts';

const address = z
  .string('must be an address')
  .refine((value) => URL.canParse(value) && /^https?:/.test(value), 'must be an http or https address');

/** The settings that both kinds of provider share. Addresses stay byte for byte, because the real issuer of CIS2 contains `:443`. */
const provider = {
  issuer: address,
  authorizeUrl: address.optional(),
  tokenUrl: address.optional(),
  jwksUrl: address.optional(),
  clientId: z.string().min(1),
  sendNonceAndPkce: z.boolean().optional(),
};

/** Returns an address below an issuer, whether or not that ends in a slash. */
const below = (issuer: string, path: string): string => `${issuer.replace(/\/$/, '')}/${path}`;

/** CIS2 as our provider. Missing values have CIS2's defaults. */
const cis2Shape = z
  .strictObject({
    ...provider,
    userinfoUrl: address.optional(),
    endSessionUrl: address.optional(),
    clientSecret: z.string().min(1),
  })
  .transform(({ issuer, authorizeUrl, tokenUrl, userinfoUrl, jwksUrl, ...client }) => ({
    issuer,
    authorizeUrl: authorizeUrl ?? below(issuer, 'authorize'),
    tokenUrl: tokenUrl ?? below(issuer, 'access_token'),
    userinfoUrl: userinfoUrl ?? below(issuer, 'userinfo'),
    jwksUrl: jwksUrl ?? below(issuer, 'connect/jwk_uri'),
    ...client,
    providerName: 'nhs-cis2' as const,
  }));

/** Returns our CIS2 as a provider of the platform. */
export const providerAt = (
  issuer: string,
  { clientId, clientSecret }: { clientId: string; clientSecret: string },
) =>
  cis2Shape.parse({
    issuer,
    endSessionUrl: `${issuer}${endpointPaths.endSession}`,
    clientId,
    clientSecret,
    sendNonceAndPkce: true,
  });

/** A provider for citizens. Without a secret the platform signs its client assertions with RS512. */
const nhsLoginShape = z
  .strictObject({ ...provider, clientSecret: z.string().min(1).optional() })
  .transform(({ issuer, authorizeUrl, tokenUrl, jwksUrl, ...client }) => ({
    issuer,
    authorizeUrl: authorizeUrl ?? new URL('/authorize', issuer).href,
    tokenUrl: tokenUrl ?? new URL('/token', issuer).href,
    jwksUrl: jwksUrl ?? new URL('/.well-known/jwks.json', issuer).href,
    ...client,
    providerName: 'nhs-login' as const,
  }));

function read<S extends z.ZodType>(file: string, shape: S): z.output<S> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readTextFile(file));
  } catch (error) {
    throw new ConfigurationError(`The provider in ${file} cannot be read: ${jsonProblem(error)}.`);
  }
  const result = shape.safeParse(parsed);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new ConfigurationError(
    `The provider in ${file}: ${issue?.path.join('.') || 'it'} ${issue?.message}.`,
  );
}

/**
 * Returns the providers in JSON files for `/oauth2` and `/oauth2.1`, so that no secret is on a command line. Throws ConfigurationError in
 * one sentence.
 */
export function upstreamsOf({
  upstreamCis2,
  upstreamNhsLogin,
}: Config): Partial<Pick<BasePath, 'cis2' | 'nhsLogin'>> {
  return {
    ...(upstreamCis2 === undefined ? {} : { cis2: read(upstreamCis2, cis2Shape) }),
    ...(upstreamNhsLogin === undefined ? {} : { nhsLogin: read(upstreamNhsLogin, nhsLoginShape) }),
  };
}

/** Returns the authorities of client certificates for `tls_client_auth`; none by default. Throws ConfigurationError. */
export function clientAuthoritiesOf({ tlsClientAuthorities: file }: Config): X509Certificate[] {
  if (file === undefined) return [];
  let authorities: X509Certificate[];
  try {
    authorities = readAuthorities(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new ConfigurationError(`The authorities in ${file} cannot be read: ${reasonOf(error)}.`);
  }
  if (authorities.length === 0)
    throw new ConfigurationError(`There is no certificate in ${file}: it must be PEM.`);
  return authorities;
}

/** Reads the revocation lists of those authorities, if configured. Throws ConfigurationError. */
export async function clientRevocationsOf(
  { tlsClientAuthorities, tlsClientRevocations: file }: Config,
  clock: Clock,
  log: Log,
): Promise<ClientRevocations | undefined> {
  if (file === undefined) return undefined;
  if (tlsClientAuthorities === undefined)
    throw new ConfigurationError(
      '--tls-client-revocations counts for authorities: set --tls-client-authorities.',
    );
  try {
    return await ClientRevocations.open(file, clock, log);
  } catch (error) {
    throw new ConfigurationError(`The revocation lists in ${file} cannot be read: ${reasonOf(error)}.`);
  }
}
