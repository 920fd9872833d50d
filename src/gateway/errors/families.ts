import { type Headers, json } from '@alongside/kernel/answer';
import type { ErrorRenderer } from '../api.ts';
import type { errorFamilies } from '../protocol.ts';
import { apigee } from './apigee.ts';
import { descriptionOf, type ErrorName, errorNameOf } from './catalogue.ts';

/** A kind of error, independent of its name in a family. */
type Fault =
  | 'denied'
  | 'forbidden'
  | 'invalid'
  | 'missing'
  | 'unsupported'
  | 'busy'
  | 'tooLarge'
  | 'timeout'
  | 'unavailable'
  | 'unknown';

const faults: Readonly<Record<ErrorName, Fault>> = {
  repeatedHeader: 'invalid',
  bodyTooLarge: 'tooLarge',
  requestMalformed: 'invalid',
  missingAuthorization: 'denied',
  emptyAuthorization: 'denied',
  missingToken: 'denied',
  wrongTokenType: 'denied',
  invalidToken: 'denied',
  boundToken: 'denied',
  unboundToken: 'denied',
  wrongCertificate: 'denied',
  wrongAudience: 'denied',
  missingProof: 'denied',
  invalidProof: 'denied',
  nonceRequired: 'denied',
  personDisabled: 'denied',
  expiredToken: 'denied',
  invalidApiKey: 'denied',
  apiKeyWithoutProduct: 'denied',
  noProductMatch: 'denied',
  insufficientAuthentication: 'denied',
  identityUnproven: 'denied',
  unknownStatusKey: 'denied',
  quotaOfApplication: 'busy',
  spikeOfApplication: 'busy',
  busyApi: 'busy',
  spikeOfOperation: 'busy',
  serviceWorker: 'forbidden',
  foreignPage: 'forbidden',
  patientForbidden: 'forbidden',
  updateForbidden: 'forbidden',
  createForbidden: 'forbidden',
  resourceForbidden: 'forbidden',
  severalResultsForbidden: 'forbidden',
  operationForbidden: 'forbidden',
  organisationForbidden: 'forbidden',
  missingAttribute: 'forbidden',
  unsupportedPath: 'unsupported',
  ambiguousPath: 'invalid',
  noExample: 'unsupported',
  otherOrigin: 'unsupported',
  invalidRequestId: 'invalid',
  invalidByDefinition: 'invalid',
  differsFromDefinition: 'invalid',
  roleInvalid: 'invalid',
  rolesSeveral: 'invalid',
  roleNone: 'invalid',
  rolesMalformed: 'invalid',
  roleNotInToken: 'denied',
  noUserInfo: 'denied',
  missingRequestId: 'missing',
  missingOrganisation: 'missing',
  missingAsid: 'missing',
  backEndRefused: 'unknown',
  updateLate: 'timeout',
  unavailable: 'unavailable',
  unexpected: 'unknown',
  backEndTimeout: 'timeout',
  backEndUnreachable: 'unavailable',
  backEndBusy: 'unavailable',
  targetSecretMissing: 'unknown',
  injectedFault: 'unknown',
};

type Words = readonly [type: string, code: string, display: string];

const spineWords: Readonly<Record<Fault, Words>> = {
  denied: ['forbidden', 'ACCESS_DENIED', 'Access Denied - Unauthorised'],
  forbidden: ['forbidden', 'ACCESS_DENIED', 'Access Denied'],
  invalid: ['value', 'INVALID_VALUE', 'Provided value is invalid'],
  missing: ['value', 'MISSING_VALUE', 'Required value is missing'],
  unsupported: ['value', 'UNSUPPORTED_REQUEST', 'The request is not one that is supported.'],
  busy: ['value', 'TOO_MANY_REQUESTS', 'Too many requests'],
  tooLarge: ['value', 'INVALID_VALUE', 'Provided value is invalid'],
  timeout: ['timeout', 'SERVICE_UNAVAILABLE', 'Service unavailable'],
  unavailable: ['transient', 'SERVICE_UNAVAILABLE', 'Service unavailable'],
  unknown: ['unknown', 'UNKNOWN_ERROR', 'Unknown Error'],
};

const httpWords: Readonly<Record<Fault, Words>> = {
  denied: ['expired', 'SEND_UNAUTHORIZED', 'Unauthorized'],
  forbidden: ['forbidden', 'SEND_FORBIDDEN', 'Forbidden'],
  invalid: ['value', 'SEND_BAD_REQUEST', 'Bad request'],
  missing: ['required', 'SEND_BAD_REQUEST', 'Bad request'],
  unsupported: ['not-supported', 'SEND_NOT_FOUND', 'Not found'],
  busy: ['throttled', 'SEND_TOO_MANY_REQUESTS', 'Too many requests'],
  tooLarge: ['too-long', 'SEND_BAD_REQUEST', 'Bad request'],
  timeout: ['timeout', 'SEND_TIMEOUT', 'Timeout'],
  unavailable: ['transient', 'SEND_UNAVAILABLE', 'Service unavailable'],
  unknown: ['exception', 'SEND_SERVER_ERROR', 'Server error'],
};

interface OutcomeFamily {
  contentType: string;
  system: string;
  version?: string;
  words: Readonly<Record<Fault, Words>>;
}

const codeSystem = 'https://fhir.nhs.uk/R4/CodeSystem/Spine-ErrorOrWarningCode';

const outcome =
  ({ contentType, system, version, words }: OutcomeFamily): Body =>
  ({ fault, text }) => {
    const [type, code, display] = words[fault];
    const coding = { system, ...(version === undefined ? {} : { version }), code, display };
    return [
      contentType,
      {
        resourceType: 'OperationOutcome',
        issue: [{ severity: 'error', code: type, details: { coding: [coding] }, diagnostics: text }],
      },
    ];
  };

type Body = (about: {
  fault: Fault;
  text: string;
  status: number;
  title: string;
}) => [contentType: string, body: object];

const problem: Body = ({ text, status, title }) => [
  'application/problem+json',
  { type: 'about:blank', title, status, detail: text },
];
const message: Body = ({ text }) => ['application/json', { message: text }];

const titles: Readonly<Record<Fault, string>> = {
  denied: 'Unauthorized',
  forbidden: 'Forbidden',
  invalid: 'Bad Request',
  missing: 'Bad Request',
  unsupported: 'Not Found',
  busy: 'Too Many Requests',
  tooLarge: 'Content Too Large',
  timeout: 'Gateway Timeout',
  unavailable: 'Service Unavailable',
  unknown: 'Internal Server Error',
};

const renderer = (body: Body): ErrorRenderer => ({
  render(refusal) {
    const name = errorNameOf(refusal) ?? 'unexpected';
    const fault = faults[name];
    const unsupported = fault === 'unsupported' && name === 'unsupportedPath';
    const status = unsupported ? 404 : Number(refusal.extra.status ?? refusal.entry.status);
    const [contentType, content] = body({
      fault,
      text: descriptionOf(refusal),
      status,
      title: titles[fault],
    });
    const headers: Headers = { 'content-type': contentType };
    return json(status, content, headers);
  },
  mirrors: () => true,
});

/** A family of OperationOutcomes. `system` replaces its code system. */
const outcomes =
  (family: OutcomeFamily) =>
  (system = family.system): ErrorRenderer =>
    renderer(outcome({ ...family, system }));

type Family = (typeof errorFamilies)[number];

/** The renderer of each family. The texts of the OperationOutcomes are those of the published proxies that use them. */
const families: Readonly<Record<Family, (system?: string) => ErrorRenderer>> = {
  apigee: () => apigee,
  spine: outcomes({ contentType: 'application/json', system: codeSystem, version: '1', words: spineWords }),
  'spine-stu3': outcomes({
    contentType: 'application/fhir+json',
    system: 'https://fhir.nhs.uk/CodeSystem/Spine-ErrorOrWarningCode',
    version: '1',
    words: spineWords,
  }),
  'nhsd-api': outcomes({
    contentType: 'application/fhir+json',
    system: 'https://fhir.nhs.uk/CodeSystem/NHSD-API-ErrorOrWarningCode',
    words: {
      ...spineWords,
      denied: ['login', 'ACCESS_DENIED', 'Access Denied'],
      busy: ['throttled', 'TOO_MANY_REQUESTS', 'Too many requests'],
    },
  }),
  'http-codes': outcomes({
    contentType: 'application/fhir+json',
    system: 'https://fhir.nhs.uk/Codesystem/http-error-codes',
    words: httpWords,
  }),
  problem: () => renderer(problem),
  message: () => renderer(message),
};

/** Returns the renderer of a family. `system` replaces the code system of its outcomes. */
export const familyOf = (id: Family, system?: string): ErrorRenderer => families[id](system);
