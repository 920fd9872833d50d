import { catalogue, type Refusal } from '@alongside/kernel/errors';
import { senderFaults } from './sender-faults.ts';

const published = 'NHSDigital/personal-demographics-service-api, proxies/live';
const apigee = 'Apigee, OAuthV2 VerifyAccessToken';
const verifyKey = 'Apigee, VerifyAPIKey policy';

/**
 * What the gateway refuses, in the words of the published proxies. `{name}` in a description is filled from the
 * refusal's `extra`. Each API renders them in its own form: `errors/`.
 */
export const faults = catalogue('gateway', {
  repeatedHeader: {
    code: 'repeated_header',
    status: 400,
    description: "Header '{header}' was sent more than once",
    actor: 'developer',
    source: 'RFC 9110 section 5.3',
  },
  bodyTooLarge: {
    code: 'body_too_large',
    status: 413,
    description: 'Body buffer overflow',
    actor: 'developer',
    source: 'Apigee, protocol.http.TooBigBody',
  },
  requestMalformed: {
    code: 'request_malformed',
    status: 400,
    description: 'Bad request',
    actor: 'developer',
    source: 'RFC 9110 section 15.5.1',
  },
  missingAuthorization: {
    code: 'missing_authorization',
    status: 401,
    description: 'Missing Authorization header',
    actor: 'developer',
    source: `${published}, UpdateInvalidAccessTokenFaultString`,
  },
  emptyAuthorization: {
    code: 'empty_authorization',
    status: 401,
    description: 'Empty Authorization header',
    actor: 'developer',
    source: `${published}, UpdateInvalidAccessTokenFaultString`,
  },
  missingToken: {
    code: 'missing_token',
    status: 401,
    description: 'Missing access token',
    actor: 'developer',
    source: `${published}, UpdateInvalidAccessTokenFaultString`,
  },
  wrongTokenType: {
    code: 'wrong_token_type',
    status: 401,
    description: "Invalid token type '{type}', must be 'Bearer'",
    actor: 'developer',
    source: `${published}, UpdateInvalidAccessTokenFaultString`,
  },
  invalidToken: {
    code: 'invalid_token',
    status: 401,
    description: 'Invalid Access Token',
    actor: 'developer',
    source: apigee,
  },
  ...senderFaults,
  expiredToken: {
    code: 'expired_token',
    status: 401,
    description: 'Access Token expired',
    actor: 'user',
    source: apigee,
  },
  invalidApiKey: {
    code: 'invalid_api_key',
    status: 401,
    description: 'Invalid ApiKey',
    actor: 'developer',
    source: verifyKey,
  },
  apiKeyWithoutProduct: {
    code: 'api_key_without_product',
    status: 401,
    description: 'Invalid ApiKey for given resource',
    actor: 'developer',
    source: verifyKey,
  },
  noProductMatch: {
    code: 'no_product_match',
    status: 401,
    description: 'Invalid API call as no apiproduct match found',
    actor: 'developer',
    source: apigee,
  },
  quotaOfApplication: {
    code: 'quota_of_application',
    status: 429,
    description:
      'Your application, {application}, has exceeded its quota of {limit} requests every {interval} {timeunit}(s) and is being rate limited.',
    actor: 'developer',
    source: `${published}, Errors.AppQuotaExceeded`,
  },
  spikeOfApplication: {
    code: 'spike_of_application',
    status: 429,
    description:
      'Your application, {application}, has created a spike in traffic and is being rate limited. Please reduce the frequency of your requests.',
    actor: 'developer',
    source: `${published}, Errors.AppSpikeArrestExceeded`,
  },
  busyApi: {
    code: 'busy_api',
    status: 429,
    description: 'This API is currently receiving a high volume of requests and is being rate limited.',
    actor: 'operator',
    source: `${published}, Errors.ProxyRatelimitExceeded`,
  },
  spikeOfOperation: {
    code: 'spike_of_operation',
    status: 429,
    description: 'There have been too many {operation} requests. Please try again later.',
    actor: 'developer',
    source: `${published}, Errors.TooManyPatientCreateRequests`,
  },
  patientForbidden: {
    code: 'patient_forbidden',
    status: 403,
    description:
      'Your access token has insufficient permissions. See documentation regarding Patient access restrictions https://digital.nhs.uk/developer/api-catalogue/personal-demographics-service-fhir',
    actor: 'user',
    source: `${published}, RaiseFault.InvalidUserNHSlogin`,
  },
  unsupportedPath: {
    code: 'unsupported_path',
    status: 400,
    description: "Unsupported path - '{path}'",
    actor: 'developer',
    source: `${published}, Errors.UnsupportedRequest`,
  },
  invalidRequestId: {
    code: 'invalid_request_id',
    status: 400,
    description: "Invalid value - '{value}' in header 'X-Request-ID'",
    actor: 'developer',
    source: `${published}, Errors.InvalidRequestID`,
  },
  missingRequestId: {
    code: 'missing_request_id',
    status: 400,
    description: "Missing value in header 'X-Request-ID'",
    actor: 'developer',
    source: 'NHSDigital/electronic-prescription-service-api, proxies/live/targets/apim.xml',
  },
  roleInvalid: {
    code: 'role_invalid',
    status: 400,
    description: 'NHSD-Session-URID is invalid',
    actor: 'user',
    source: 'NHSDigital/shared-flow-testing, UserRoleService',
  },
  rolesSeveral: {
    code: 'roles_several',
    status: 400,
    description: 'multiple roles found in user info, please check NHSD-Session-URID',
    actor: 'developer',
    source: 'NHSDigital/shared-flow-testing, UserRoleService',
  },
  roleNone: {
    code: 'role_none',
    status: 400,
    description: 'no userroles available, please check NHSD-Session-URID is valid',
    actor: 'user',
    source: 'NHSDigital/shared-flow-testing, UserRoleService',
  },
  rolesMalformed: {
    code: 'roles_malformed',
    status: 400,
    description: 'nhsid_nrbac_roles is misconfigured/invalid',
    actor: 'operator',
    source: 'NHSDigital/shared-flow-testing, UserRoleService',
  },
  roleNotInToken: {
    code: 'role_not_in_token',
    status: 401,
    description: 'selected_roleid is missing in your token',
    actor: 'developer',
    source: 'NHSDigital/shared-flow-testing, UserRoleService',
  },
  noUserInfo: {
    code: 'no_user_info',
    status: 500,
    description: 'unable to retrieve user info',
    actor: 'operator',
    source: 'NHSDigital/shared-flow-testing, UserRoleService',
  },
  missingAsid: {
    code: 'missing_asid',
    status: 400,
    description: 'No ASID is associated with your app. Please contact support.',
    actor: 'operator',
    source: `${published}, Errors.MissingASID`,
  },
  updateForbidden: {
    code: 'update_forbidden',
    status: 403,
    description: 'Your app has insufficient permissions to use this method. Please contact support.',
    actor: 'developer',
    source: `${published}, RaiseFault.PatchMethodNotAllowedAppRestricted`,
  },
  createForbidden: {
    code: 'create_forbidden',
    status: 403,
    description: 'Your app has insufficient permissions to use this method. Please contact support.',
    actor: 'developer',
    source: `${published}, RaiseFault.PostMethodNotAllowed`,
  },
  resourceForbidden: {
    code: 'resource_forbidden',
    status: 403,
    description: 'Your app has insufficient permissions to use this operation. Please contact support.',
    actor: 'developer',
    source: `${published}, RaiseFault.ResourceRestricted`,
  },
  severalResultsForbidden: {
    code: 'several_results_forbidden',
    status: 403,
    description: 'Your app has insufficient permissions to perform this search. Please contact support.',
    actor: 'developer',
    source: `${published}, RaiseFault.MaxResultsInvalidAppRestricted`,
  },
  updateLate: {
    code: 'update_late',
    status: 503,
    description:
      "The downstream domain processing has not completed within the configured timeout period. Using the same 'X-Request-ID' header, retry your request after the time specified by the 'Retry-After' response header.",
    actor: 'developer',
    source: `${published}, ServiceUnavailable`,
  },
  unavailable: {
    code: 'unavailable',
    status: 503,
    description: 'The service is temporarily unavailable. Try again in a moment. (Message ID: {messageId})',
    actor: 'operator',
    source: 'RFC 9110 section 15.6.4',
  },
  unexpected: {
    code: 'unexpected',
    status: 500,
    description:
      'An unknown error occurred processing this request. Contact us for assistance diagnosing this issue: https://digital.nhs.uk/developer/help-and-support. (Message ID: {messageId})',
    actor: 'operator',
    source: `${published}, Errors.Default`,
  },
  unknownStatusKey: {
    code: 'unknown_status_key',
    status: 401,
    description: 'Invalid Api Key',
    actor: 'operator',
    source: `${published}, _status`,
  },
});

export type FaultName = keyof typeof faults;

/** The name of a gateway fault; undefined for a refusal of another catalogue. */
export function faultNameOf(refusal: Refusal): FaultName | undefined {
  const name = refusal.entry.id.replace(/^gateway\./, '');
  return Object.hasOwn(faults, name) && refusal.entry.id !== name ? (name as FaultName) : undefined;
}

/** The public sentence of a refusal, with its values in place. A value is never read as a template. */
export const sentenceOf = (refusal: Refusal): string =>
  refusal.entry.description.replace(/\{(\w+)\}/g, (_, name: string) => String(refusal.extra[name] ?? ''));
