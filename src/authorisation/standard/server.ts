import type { HttpRequest } from '@alongside/kernel/http';
import { certificateSubjectOf } from '../../oauth/certificate-subject.ts';
import { clientAuthenticationMethods } from '../../oauth/server/client-authentication/registry.ts';
import type { AuthorizationServer } from '../../oauth/server/server.ts';
import { findClient, type WithClient } from '../application/client.ts';
import type { Base } from '../base.ts';
import { errors as platformErrors } from '../errors.ts';
import type { Parts } from '../parts.ts';
import { errors } from './errors.ts';
import { profiles } from './profile.ts';

export type StandardServer = AuthorizationServer<WithClient>;

/** The first context of every endpoint that clients call. */
export interface ServerCall {
  readonly server: StandardServer;
  readonly request: HttpRequest;
}

/** A base path of the standard profile as an authorization server of the shared core. */
export const createServer = (base: Base, parts: Parts): StandardServer => ({
  issuer: base.issuer,
  tokenUrl: base.tokenUrl,
  profiles,
  errors: {
    clientUnauthenticated: errors.clientUnauthenticated,
    assertionInvalid: errors.clientUnauthenticated,
    clientMethods: errors.clientMethods,
    networkBusy: platformErrors.networkBusy,
  },
  methods: clientAuthenticationMethods('allowed'),
  assertionJtiKind: 'authorisation-standard-jti',
  async findClient(clientId) {
    const client = await findClient(parts.applications, base, clientId);
    return client && { client };
  },
  certificateSubjectOf: ({ half }) => certificateSubjectOf(half.attributes),
  clock: parts.clock,
  singleUse: parts.singleUse,
  clientKeys: parts.clientKeys,
  clientAuthorities: parts.clientAuthorities ?? [],
  clientRevocations: parts.clientRevocations,
  failures: parts.failures,
});
