import type { SigningBackEnd } from '../../signing/protocol.ts';
import {
  familyHeader,
  sandboxBasePath,
  signerHeader,
  signingApi,
  signingBodyLimit,
} from '../../signing/protocol.ts';
import {
  type Api,
  type ApiDefinition,
  anyOf,
  type BackEnd,
  checkOf,
  pathSet,
  platformCors,
  userScope,
} from '../api.ts';
import { oauth } from '../errors/oauth.ts';

const paths = pathSet([
  { name: '/signaturerequest', pattern: /^\/signaturerequest$/ },
  { name: '/signatureresponse/{token}', pattern: /^\/signatureresponse\/[^/]+$/ },
]);

const backEndOf =
  (answer: SigningBackEnd): BackEnd =>
  (request) =>
    answer(request);

/** The Digital Signature Service: the gateway checks the token, `src/signing` the request (docs/signing.md). */
export const signingDefinition = (answer: SigningBackEnd): ApiDefinition => ({
  modes: [
    {
      name: 'user-restricted',
      granted: anyOf(
        userScope('user-nhs-id', 'aal3', signingApi),
        userScope('user-nhs-cis2', 'aal3', signingApi),
      ),
      role: null,
    },
  ],
  refusedScopes: [],
  legacyMode: null,
  open: pathSet(),
  keyed: pathSet(),
  paths,
  requestId: 'ignored',
  swapsIds: true,
  asid: 'ignored',
  takes: [],
  inject: {
    [signerHeader]: (call) => call.token.uid ?? undefined,
    [familyHeader]: (call) => call.token.family,
  },
  restrictions: [],
  limits: null,
  operationLimits: [],
  errors: oauth,
  cors: platformCors,
  event: null,
  checks: (health) => ({ healthcheck: checkOf(health, health.address) }),
  bodyLimit: signingBodyLimit,
  backEnd: backEndOf(answer),
});

/** The same without tokens and presence checks. Development only. */
export const signingSandbox = (answer: SigningBackEnd): Api => ({
  ...signingDefinition(answer),
  name: 'signing-service-sandbox',
  basePath: sandboxBasePath,
  title: 'Signing service, sandbox',
  open: { names: paths.names, find: (verb, path) => paths.find(verb, path) ?? { name: '/{other}' } },
  paths: pathSet(),
  swapsIds: false,
});
