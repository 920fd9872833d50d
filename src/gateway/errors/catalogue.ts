import { catalogue, type Refusal } from '@alongside/kernel/errors';
import { definitionErrors } from './definition.ts';
import { senderErrors } from './sender.ts';

const published = 'NHSDigital/personal-demographics-service-api, proxies/live';
const apigee = 'Apigee, OAuthV2 VerifyAccessToken';
const verifyKey = 'Apigee, VerifyAPIKey policy';

/**
 * The gateway's errors, with the texts of the published proxies. `{name}` in a description is filled from the refusal's `extra`.
 * Each API renders them in its own format: `errors/`.
 */
export const errors = catalogue('gateway', {
  repeatedHeader: {
    code: 'repeated_header',
    status: 400,
    description: "Header '{header}' was sent more than once",
    actor: 'developer',
    source: 'RFC 9110 section 5.3',
    fix: 'Send the header once.',
  },
  bodyTooLarge: {
    code: 'body_too_large',
    status: 413,
    description: 'Body buffer overflow',
    actor: 'developer',
    source: 'Apigee, protocol.http.TooBigBody',
    fix: 'Send a smaller body.',
  },
  requestMalformed: {
    code: 'request_malformed',
    status: 400,
    description: 'Bad request',
    actor: 'developer',
    source: 'RFC 9110 section 15.5.1',
    fix: 'Send a well-formed path and body.',
  },
  missingAuthorization: {
    code: 'missing_authorization',
    status: 401,
    description: 'Missing Authorization header',
    actor: 'developer',
    source: `${published}, UpdateInvalidAccessTokenFaultString`,
    fix: 'Send Authorization: Bearer with an access token.',
  },
  emptyAuthorization: {
    code: 'empty_authorization',
    status: 401,
    description: 'Empty Authorization header',
    actor: 'developer',
    source: `${published}, UpdateInvalidAccessTokenFaultString`,
    fix: 'Send Authorization: Bearer with an access token.',
  },
  missingToken: {
    code: 'missing_token',
    status: 401,
    description: 'Missing access token',
    actor: 'developer',
    source: `${published}, UpdateInvalidAccessTokenFaultString`,
    fix: 'Put the access token after Bearer and one space.',
  },
  wrongTokenType: {
    code: 'wrong_token_type',
    status: 401,
    description: "Invalid token type '{type}', must be 'Bearer'",
    actor: 'developer',
    source: `${published}, UpdateInvalidAccessTokenFaultString`,
    fix: 'Use the scheme Bearer, spelt exactly.',
  },
  invalidToken: {
    code: 'invalid_token',
    status: 401,
    description: 'Invalid Access Token',
    actor: 'developer',
    source: apigee,
    fix: 'Send an unexpired access token of this instance; get a new one where it was revoked.',
  },
  ...senderErrors,
  ...definitionErrors,
  expiredToken: {
    code: 'expired_token',
    status: 401,
    description: 'Access Token expired',
    actor: 'user',
    source: apigee,
    fix: 'Get a new access token: refresh it, or sign in again.',
  },
  invalidApiKey: {
    code: 'invalid_api_key',
    status: 401,
    description: 'Invalid ApiKey',
    actor: 'developer',
    source: verifyKey,
    fix: 'Send the API key of an approved application in the header apikey.',
  },
  apiKeyWithoutProduct: {
    code: 'api_key_without_product',
    status: 401,
    description: 'Invalid ApiKey for given resource',
    actor: 'developer',
    source: verifyKey,
    fix: 'Add a product that holds this API to the application: alongside app edit.',
  },
  noProductMatch: {
    code: 'no_product_match',
    status: 401,
    description: 'Invalid API call as no apiproduct match found',
    actor: 'developer',
    source: apigee,
    fix: 'Add a product with this API and a scope of the token to the application.',
  },
  quotaOfApplication: {
    code: 'quota_of_application',
    status: 429,
    description:
      'Your application, {application}, has exceeded its quota of {limit} requests every {interval} {timeunit}(s) and is being rate limited.',
    actor: 'developer',
    source: `${published}, Errors.AppQuotaExceeded`,
    fix: 'Send fewer requests, and wait for the next interval of the quota.',
  },
  spikeOfApplication: {
    code: 'spike_of_application',
    status: 429,
    description:
      'Your application, {application}, has created a spike in traffic and is being rate limited. Please reduce the frequency of your requests.',
    actor: 'developer',
    source: `${published}, Errors.AppSpikeArrestExceeded`,
    fix: 'Spread the requests of the application over time.',
  },
  busyApi: {
    code: 'busy_api',
    status: 429,
    description: 'This API is currently receiving a high volume of requests and is being rate limited.',
    actor: 'operator',
    source: `${published}, Errors.ProxyRatelimitExceeded`,
    fix: 'Retry later. The operator can raise the limits of the API.',
  },
  spikeOfOperation: {
    code: 'spike_of_operation',
    status: 429,
    description: 'There have been too many {operation} requests. Please try again later.',
    actor: 'developer',
    source: `${published}, Errors.TooManyPatientCreateRequests`,
    fix: 'Spread the requests for this operation over time, and retry later.',
  },
  patientForbidden: {
    code: 'patient_forbidden',
    status: 403,
    description:
      'Your access token has insufficient permissions. See documentation regarding Patient access restrictions https://digital.nhs.uk/developer/api-catalogue/personal-demographics-service-fhir',
    actor: 'user',
    source: `${published}, RaiseFault.InvalidUserNHSlogin`,
    fix: "Use the citizen's own record, with a sign-in at level P9.",
  },
  unsupportedPath: {
    code: 'unsupported_path',
    status: 400,
    description: "Unsupported path - '{path}'",
    actor: 'developer',
    source: `${published}, Errors.UnsupportedRequest`,
    fix: "Correct the path to one of the API's specification.",
  },
  invalidRequestId: {
    code: 'invalid_request_id',
    status: 400,
    description: "Invalid value - '{value}' in header 'X-Request-ID'",
    actor: 'developer',
    source: `${published}, Errors.InvalidRequestID`,
    fix: 'Set X-Request-ID to a UUID.',
  },
  missingRequestId: {
    code: 'missing_request_id',
    status: 400,
    description: "Missing value in header 'X-Request-ID'",
    actor: 'developer',
    source: 'NHSDigital/electronic-prescription-service-api, proxies/live/targets/apim.xml',
    fix: 'Add X-Request-ID with a new UUID for each request.',
  },
  roleInvalid: {
    code: 'role_invalid',
    status: 400,
    description: 'NHSD-Session-URID is invalid',
    actor: 'user',
    source: 'NHSDigital/shared-flow-testing, UserRoleService',
    fix: 'Choose a role that the person has, or leave NHSD-Session-URID out where there is only one.',
  },
  rolesSeveral: {
    code: 'roles_several',
    status: 400,
    description: 'multiple roles found in user info, please check NHSD-Session-URID',
    actor: 'developer',
    source: 'NHSDigital/shared-flow-testing, UserRoleService',
    fix: "Send the role id of one of the person's roles in NHSD-Session-URID.",
  },
  roleNone: {
    code: 'role_none',
    status: 400,
    description: 'no userroles available, please check NHSD-Session-URID is valid',
    actor: 'user',
    source: 'NHSDigital/shared-flow-testing, UserRoleService',
    fix: 'Give the person a role in the directory.',
  },
  rolesMalformed: {
    code: 'roles_malformed',
    status: 400,
    description: 'nhsid_nrbac_roles is misconfigured/invalid',
    actor: 'operator',
    source: 'NHSDigital/shared-flow-testing, UserRoleService',
    fix: 'Correct the roles of the person in the directory.',
  },
  roleNotInToken: {
    code: 'role_not_in_token',
    status: 401,
    description: 'selected_roleid is missing in your token',
    actor: 'developer',
    source: 'NHSDigital/shared-flow-testing, UserRoleService',
    fix: 'Ask CIS2 for a selected role, or send the role id in NHSD-Session-URID.',
  },
  noUserInfo: {
    code: 'no_user_info',
    status: 500,
    description: 'unable to retrieve user info',
    actor: 'operator',
    source: 'NHSDigital/shared-flow-testing, UserRoleService',
    fix: 'Check that CIS2 and CIS answer. A token of a citizen has no role to look up.',
  },
  missingAsid: {
    code: 'missing_asid',
    status: 400,
    description: 'No ASID is associated with your app. Please contact support.',
    actor: 'operator',
    source: `${published}, Errors.MissingASID`,
    fix: 'Set the attribute asid of the application: alongside app edit.',
  },
  updateForbidden: {
    code: 'update_forbidden',
    status: 403,
    description: 'Your app has insufficient permissions to use this method. Please contact support.',
    actor: 'developer',
    source: `${published}, RaiseFault.PatchMethodNotAllowedAppRestricted`,
    fix: 'Use the token of a healthcare worker or a citizen for this method.',
  },
  createForbidden: {
    code: 'create_forbidden',
    status: 403,
    description: 'Your app has insufficient permissions to use this method. Please contact support.',
    actor: 'developer',
    source: `${published}, RaiseFault.PostMethodNotAllowed`,
    fix: 'Use the token of a healthcare worker for this method.',
  },
  resourceForbidden: {
    code: 'resource_forbidden',
    status: 403,
    description: 'Your app has insufficient permissions to use this operation. Please contact support.',
    actor: 'developer',
    source: `${published}, RaiseFault.ResourceRestricted`,
    fix: 'Use a token of the mode that may use this operation.',
  },
  severalResultsForbidden: {
    code: 'several_results_forbidden',
    status: 403,
    description: 'Your app has insufficient permissions to perform this search. Please contact support.',
    actor: 'developer',
    source: `${published}, RaiseFault.MaxResultsInvalidAppRestricted`,
    fix: 'Set _max-results to 1.',
  },
  backEndRefused: {
    code: 'back_end_refused',
    status: 400,
    description: 'The API behind the gateway refused the request; the gateway passed its answer on.',
    actor: 'developer',
    source: 'the specification of the API',
    fix: 'Correct the request as the response body describes.',
  },
  updateLate: {
    code: 'update_late',
    status: 503,
    description:
      "The downstream domain processing has not completed within the configured timeout period. Using the same 'X-Request-ID' header, retry your request after the time specified by the 'Retry-After' response header.",
    actor: 'developer',
    source: `${published}, ServiceUnavailable`,
    fix: 'Repeat the request with the same X-Request-ID after the seconds in Retry-After.',
  },
  unavailable: {
    code: 'unavailable',
    status: 503,
    description: 'The service is temporarily unavailable. Try again in a moment. (Message ID: {messageId})',
    actor: 'operator',
    source: 'RFC 9110 section 15.6.4',
    fix: 'Check the database and the disk of this service: GET /readyz names what fails.',
  },
  unexpected: {
    code: 'unexpected',
    status: 500,
    description:
      'An unknown error occurred processing this request. Contact us for assistance diagnosing this issue: https://digital.nhs.uk/developer/help-and-support. (Message ID: {messageId})',
    actor: 'operator',
    source: `${published}, Errors.Default`,
    fix: 'Look for this id in the log of the gateway; report a defect with that line.',
  },
  unknownStatusKey: {
    code: 'unknown_status_key',
    status: 401,
    description: 'Invalid Api Key',
    actor: 'operator',
    source: `${published}, _status`,
    fix: 'Send the configured key of _status in the header apikey.',
  },
});

export type ErrorName = keyof typeof errors;

/** Returns the name of an error of the gateway; undefined for another catalogue. */
export function errorNameOf(refusal: Refusal): ErrorName | undefined {
  const name = refusal.entry.id.replace(/^gateway\./, '');
  return Object.hasOwn(errors, name) && refusal.entry.id !== name ? (name as ErrorName) : undefined;
}

/** Returns the public description of an error with its values. A value is never used as a template. */
export const descriptionOf = (refusal: Refusal): string =>
  refusal.entry.description.replace(/\{(\w+)\}/g, (_, name: string) => String(refusal.extra[name] ?? ''));
