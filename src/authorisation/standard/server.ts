import type { HttpRequest } from '@alongside/kernel/http';
import { certificateSubjectOf } from '../../oauth/certificate-subject.ts';
import { PushedRequests } from '../../oauth/pushed-requests.ts';
import type { WithBatch } from '../../oauth/request-batch.ts';
import { clientAuthenticationMethods } from '../../oauth/server/client-authentication/registry.ts';
import { differences } from '../../oauth/server/differences.ts';
import { addressesOf, type ClientSettings } from '../../oauth/server/metadata.ts';
import type { AuthorizationServer, Requirement } from '../../oauth/server/server.ts';
import { findClient, type WithClient } from '../application/client.ts';
import type { Base } from '../base.ts';
import type { Client } from '../clients.ts';
import { Codes } from '../codes.ts';
import { errors as platformErrors } from '../errors.ts';
import { Issuer } from '../issue.ts';
import type { PlatformParts } from '../parts.ts';
import { revocationStatement } from '../revoking.ts';
import { Rotation } from '../rotation.ts';
import { AccessTokens, describeToken, mayInspect } from './access-tokens.ts';
import { errors } from './errors.ts';
import { requireLengths } from './incoming.ts';
import { profiles } from './profile.ts';

/** A base path of the standard profile as an authorization server of the shared core. */
export interface StandardServer extends AuthorizationServer<WithClient> {
  readonly base: Base;
  /** All base paths of the service. */
  readonly bases: readonly Base[];
  readonly parts: PlatformParts;
  readonly codes: Codes;
  readonly tokenIssuer: Issuer;
  readonly accessTokens: AccessTokens;
  readonly rotation: Rotation;
}

/** The first context of every endpoint. */
export interface ServerCall extends WithBatch {
  readonly server: StandardServer;
  readonly request: HttpRequest;
}

/** Attributes that earlier versions had in place of `boundTokens`. */
const bindingAttributes = {
  dpop: 'dpop-bound-access-tokens',
  certificate: 'tls-client-certificate-bound-access-tokens',
};

function requires({ registration }: Client, requirement: Requirement): boolean {
  if (requirement === 'signed') return registration.signedRequests === 'required';
  if (requirement !== 'dpop' && requirement !== 'certificate') return false;
  return (
    registration.boundTokens === requirement ||
    registration.attributes[bindingAttributes[requirement]] === 'true'
  );
}

/** The settings of a base path that decide its metadata. */
export const settingsOf = (
  { issuer }: Base,
  { mutualTlsUrl, clientAuthorities }: Pick<PlatformParts, 'mutualTlsUrl' | 'clientAuthorities'>,
): ClientSettings => ({ issuer, mutualTlsUrl, clientAuthorities });

/** Creates the server of a base path of the standard profile. */
export const createServer = (base: Base, bases: readonly Base[], parts: PlatformParts): StandardServer => {
  const settings = settingsOf(base, parts);
  return {
    issuer: base.issuer,
    addresses: {
      token: addressesOf(settings, '/token'),
      pushed: addressesOf(settings, '/par'),
      userinfo: addressesOf(settings, '/userinfo'),
    },
    profiles,
    errors: {
      ...errors,
      assertionInvalid: errors.clientUnauthenticated,
      networkBusy: platformErrors.networkBusy,
      dpopProofInvalid: errors.proofInvalid,
      dpopNonceNeeded: errors.nonceNeeded,
      formExpected: errors.contentType,
      formMalformed: errors.requestMalformed,
      requestObjectInvalid: errors.requestObject,
      requestNotPushed: errors.notPushed,
      requestNotSigned: errors.notSigned,
      challengeMethodAlone: errors.challengeMissing,
    },
    ...differences.platform,
    methods: clientAuthenticationMethods(differences.platform.ambiguousAuthentication),
    assertionJtiKind: 'authorisation-standard-jti',
    async findClient(clientId, seen) {
      const client = await findClient({ base, parts }, clientId, seen);
      return client && { client };
    },
    certificateSubjectOf: ({ registration }) => certificateSubjectOf(registration.attributes),
    requires,
    checkLengths: requireLengths,
    checkObjectLengths: requireLengths,
    requestAlgorithmOf: ({ signingAlg }) => signingAlg,
    redirectUrisOf: ({ callbackUrls }) =>
      base.hardening.severalCallbacks ? callbackUrls : callbackUrls.slice(0, 1),
    revokesReusedCodes: base.hardening.codeReuseRevokes,
    async admitUnauthenticated({ address }) {
      if (!(await parts.anonymousRows.admits(address)))
        throw platformErrors.busyQuota('the network, or all together, pushed too many requests');
    },
    refusedTokens: { action: 'authorisation.tokens-refused', detail: { base: base.path } },
    revocationStatement: (family, cause) => revocationStatement(parts, base, family, cause),
    noteRevocation({ application }, { family, kind }) {
      parts.recorder.record({
        lasting: family,
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
    base,
    bases,
    parts,
    codes: new Codes(base, parts.singleUse),
    tokenIssuer: new Issuer(base, parts),
    accessTokens: new AccessTokens(base, parts),
    rotation: new Rotation(base, parts),
    audit: parts.audit,
    clock: parts.clock,
    log: parts.log,
    database: parts.database,
    tokens: parts.tokens,
    pushed: new PushedRequests('authorisation-pushed', base.issuer, parts),
    singleUse: parts.singleUse,
    clientKeys: parts.clientKeys,
    clientAuthorities: parts.clientAuthorities ?? [],
    clientRevocations: parts.clientRevocations,
    failures: parts.failures,
  };
};
