import type { HttpRequest } from '@alongside/kernel/http';
import { certificateSubjectOf } from '../../oauth/certificate-subject.ts';
import { clientAuthenticationMethods } from '../../oauth/server/client-authentication/registry.ts';
import { addressesOf, type ClientSettings } from '../../oauth/server/metadata.ts';
import type { AuthorizationServer } from '../../oauth/server/server.ts';
import { type Client, findClient, type WithClient } from '../application/client.ts';
import type { Base } from '../base.ts';
import { errors as platformErrors } from '../errors.ts';
import type { Parts } from '../parts.ts';
import { recordRefusedTokens } from '../refused-tokens.ts';
import { revocationStatement } from '../revoking.ts';
import { errors } from './errors.ts';
import { repeatable, requireLengths } from './incoming.ts';
import { describeToken, mayInspect } from './inspection.ts';
import { profiles, rulesOf } from './profile.ts';
import { pushedAt } from './pushed.ts';

export type StandardServer = AuthorizationServer<WithClient>;

/** The first context of every endpoint that clients call. */
export interface ServerCall {
  readonly server: StandardServer;
  readonly request: HttpRequest;
}

/** Attributes of an application that is given no unbound token (RFC 9449 section 5.2, RFC 8705 section 3.4). */
const bindingAttributes = {
  dpop: 'dpop-bound-access-tokens',
  certificate: 'tls-client-certificate-bound-access-tokens',
} as const;

const requiresBinding = ({ registration }: Client, to: 'dpop' | 'certificate'): boolean =>
  registration.attributes[bindingAttributes[to]] === 'true';

/** The settings of a base path that decide its metadata. */
export const settingsOf = (
  { issuer }: Base,
  { mutualTlsUrl, clientAuthorities }: Pick<Parts, 'mutualTlsUrl' | 'clientAuthorities'>,
): ClientSettings => ({ issuer, mutualTlsUrl, clientAuthorities });

/** A base path of the standard profile as an authorization server of the shared core. */
export const createServer = (base: Base, bases: readonly Base[], parts: Parts): StandardServer => {
  const settings = settingsOf(base, parts);
  return {
    issuer: base.issuer,
    addresses: {
      token: addressesOf(settings, '/token'),
      pushed: addressesOf(settings, '/par'),
    },
    profiles,
    errors: {
      clientUnauthenticated: errors.clientUnauthenticated,
      assertionInvalid: errors.clientUnauthenticated,
      clientMethods: errors.clientMethods,
      networkBusy: platformErrors.networkBusy,
      dpopProofInvalid: errors.proofInvalid,
      dpopNonceNeeded: errors.nonceNeeded,
      certificateMissing: errors.certificateMissing,
      formExpected: errors.contentType,
      formMalformed: errors.requestMalformed,
      parameterRepeated: errors.parameterRepeated,
      tokenMissing: errors.tokenMissing,
      grantMissing: errors.grantMissing,
      grantUnsupported: errors.grantUnsupported,
      requestObjectInvalid: errors.requestObject,
    },
    methods: clientAuthenticationMethods('allowed'),
    assertionJtiKind: 'authorisation-standard-jti',
    async findClient(clientId) {
      const client = await findClient(parts.applications, base, clientId);
      return client && { client };
    },
    certificateSubjectOf: ({ registration }) => certificateSubjectOf(registration.attributes),
    requiresBinding,
    bindsCertificate: (client) =>
      requiresBinding(client, 'certificate') ||
      (rulesOf(client.registration).senderConstraint === 'required' &&
        client.registration.tokenEndpointAuthMethod.includes('tls')),
    bindsKeyAndCertificate: false,
    announcesNonces: 'always',
    repeatable,
    checkLengths: requireLengths,
    checkObjectLengths: requireLengths,
    requestAlgorithmOf: ({ signingAlg }) => signingAlg,
    async admitUnauthenticated({ address }) {
      if (!(await parts.anonymousRows.admits(address)))
        throw platformErrors.busyQuota('the network, or all together, pushed too many requests');
    },
    auditRefusedTokens: ({ application }, request, grant, refusal) =>
      recordRefusedTokens(parts, base, { request, application: application.id, grant }, refusal),
    revocationStatement: (record) => revocationStatement(parts, base, record, 'client'),
    noteRevocation({ application }, { family, kind }) {
      parts.recorder.record({
        keys: [family],
        from: 'application',
        to: 'authorisation',
        name: 'authorisation.revoke',
        detail: { client: application.name, kind },
      });
    },
    mayInspect: mayInspect(
      bases.map(({ issuer }) => issuer),
      parts,
    ),
    describeToken: (record) => describeToken(record, parts.urls.api),
    proofNonces: base.hardening.proofNonces ? parts.proofNonces : undefined,
    clock: parts.clock,
    database: parts.database,
    tokens: parts.tokens,
    pushed: pushedAt(base, parts),
    singleUse: parts.singleUse,
    clientKeys: parts.clientKeys,
    clientAuthorities: parts.clientAuthorities ?? [],
    clientRevocations: parts.clientRevocations,
    failures: parts.failures,
  };
};
