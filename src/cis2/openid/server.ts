import type { X509Certificate } from 'node:crypto';
import type { Clock } from '@alongside/kernel/clock';
import type { Recorder } from '@alongside/kernel/events';
import type { HttpRequest } from '@alongside/kernel/http';
import type { Applications } from '../../oauth/applications.ts';
import type { ClientRevocations } from '../../oauth/client-revocations.ts';
import type { ProofNonces } from '../../oauth/dpop-nonce.ts';
import type { NetworkLimit } from '../../oauth/network-limit.ts';
import type { PushedRequests } from '../../oauth/pushed-requests.ts';
import type { RemoteKeys } from '../../oauth/remote-keys.ts';
import { clientAuthenticationMethods } from '../../oauth/server/client-authentication/registry.ts';
import { addressesOf } from '../../oauth/server/metadata.ts';
import type { AuthorizationServer } from '../../oauth/server/server.ts';
import type { Tokens } from '../../oauth/tokens.ts';
import type { Urls } from '../../service.ts';
import type { AuditLog } from '../../storage/audit.ts';
import type { Database } from '../../storage/database.ts';
import type { SingleUse } from '../../storage/single-use.ts';
import { responseErrors } from '../errors/response.ts';
import { tokenErrors } from '../errors/token.ts';
import type { CisClient } from '../model/cis-client.ts';
import { endpointPaths } from '../model/endpoints.ts';
import type { LimitRows } from '../model/limit-rows.ts';
import { profileRules } from '../model/profiles.ts';
import { findRelyingParty, partyOf, type RelyingParty } from '../model/relying-party.ts';
import { checkLengths } from './authorize/parameters.ts';
import { describeToken } from './token/describe-token.ts';
import { revocationStatement } from './token/revocation-record.ts';

/** The context of steps behind client authentication. */
export interface WithRelyingParty {
  readonly client: RelyingParty;
}

export type Cis2Server = AuthorizationServer<WithRelyingParty>;

/** The first context of every endpoint that clients call. */
export interface ServerCall {
  readonly server: Cis2Server;
  readonly request: HttpRequest;
}

/** The errors of the core in the words of CIS2. */
const errors: Cis2Server['errors'] = {
  ...tokenErrors,
  formExpected: tokenErrors.tokenRequestMalformed,
  formMalformed: tokenErrors.tokenRequestMalformed,
  parameterRepeated: tokenErrors.tokenParameterRepeated,
  requestObjectInvalid: responseErrors.requestObjectInvalid,
};

interface ServerDependencies {
  issuer: string;
  mutualTlsUrl?: string | undefined;
  clock: Clock;
  database: Database;
  tokens: Tokens;
  audit: AuditLog;
  recorder: Recorder;
  urls: Urls;
  cis: CisClient;
  pushed: PushedRequests;
  limitRows: LimitRows;
  singleUse: SingleUse;
  applications: Applications;
  clientAuthorities?: readonly X509Certificate[];
  clientRevocations?: ClientRevocations | undefined;
  proofNonces: ProofNonces | undefined;
  clientKeys: RemoteKeys;
  /** Client authentication that failed, by network. */
  failures: NetworkLimit;
}

/** CIS2 as an authorization server of the shared core. */
export const createServer = (dependencies: ServerDependencies): Cis2Server => ({
  issuer: dependencies.issuer,
  addresses: {
    token: addressesOf(dependencies, endpointPaths.token),
    pushed: addressesOf(dependencies, endpointPaths.pushed),
  },
  profiles: profileRules,
  errors,
  methods: clientAuthenticationMethods('refused'),
  assertionJtiKind: 'cis2-assertion',
  async findClient(clientId) {
    const client = await findRelyingParty(dependencies.applications, clientId);
    return client && { client };
  },
  certificateSubjectOf: ({ registration }) => registration.certificateSubject ?? {},
  requiresBinding: ({ registration }, to) => registration.boundTokens === to,
  bindsCertificate: ({ registration }, jkt) =>
    registration.boundTokens === 'certificate' ||
    (profileRules[registration.profile].senderConstraint === 'required' &&
      jkt === null &&
      !registration.boundTokens),
  bindsKeyAndCertificate: true,
  announcesNonces: 'to-proofs',
  repeatable: [],
  checkLengths: () => undefined,
  checkObjectLengths: checkLengths,
  requestAlgorithmOf: ({ requestObjectSigningAlg }) => requestObjectSigningAlg,
  admitUnauthenticated: dependencies.limitRows,
  notePushed({ registration, application }, parameters) {
    dependencies.recorder.record({
      keys: [parameters.get('state') ?? ''],
      from: partyOf(registration, dependencies.urls),
      to: 'cis2',
      name: 'cis2.par',
      detail: { client: application.name, scope: parameters.get('scope') ?? '' },
    });
  },
  async auditRefusedTokens({ application }, request, grant, { entry }) {
    await dependencies.audit.recordAlone({
      action: 'cis2.tokens-refused',
      outcome: 'refused',
      actor: '',
      application: application.id,
      address: request.address,
      detail: { messageId: request.id, grant, error: entry.id },
    });
  },
  revocationStatement: (record) => revocationStatement(dependencies, record, 'client'),
  noteRevocation({ registration, application }, { kind }, token) {
    dependencies.recorder.record({
      keys: [token],
      from: partyOf(registration, dependencies.urls),
      to: 'cis2',
      name: 'cis2.revoke',
      detail: { client: application.name, kind },
    });
  },
  // A client may inspect its own tokens.
  mayInspect: ({ registration }, { issuer, clientId }) =>
    issuer === dependencies.issuer && clientId === registration.clientId,
  describeToken: (record) => describeToken(dependencies.cis, record),
  clock: dependencies.clock,
  database: dependencies.database,
  tokens: dependencies.tokens,
  pushed: dependencies.pushed,
  singleUse: dependencies.singleUse,
  proofNonces: dependencies.proofNonces,
  clientKeys: dependencies.clientKeys,
  clientAuthorities: dependencies.clientAuthorities ?? [],
  clientRevocations: dependencies.clientRevocations,
  failures: dependencies.failures,
});
