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
    source: 'RFC 9110 section 5.3',
    expected: 'the header once',
  },
  serviceWorker: {
    code: 'service_worker',
    status: 403,
    description: 'An API cannot be the script of a service worker',
    source: 'Service Workers, section "Service Worker Script Request"',
    expected: 'a request without Service-Worker and with another Sec-Fetch-Dest than serviceworker',
    fix: 'Load the script of the service worker from the server of your own pages.',
  },
  foreignPage: {
    code: 'foreign_page',
    status: 403,
    description: 'A page of another origin may not do this',
    source: 'Fetch Metadata Request Headers section 2.3',
    expected: 'a program, or a page of the same origin',
    fix: 'Send the request from a program, not from a page of another origin.',
  },
  bodyTooLarge: {
    code: 'body_too_large',
    status: 413,
    description: 'Body buffer overflow',
    source: 'Apigee, protocol.http.TooBigBody',
    expected: 'a body within the limit of the API',
    fix: 'Send a smaller body.',
  },
  requestMalformed: {
    code: 'request_malformed',
    status: 400,
    description: 'Bad request',
    source: 'RFC 9110 section 15.5.1',
    expected: 'a well-formed path and body',
  },
  missingAuthorization: {
    code: 'missing_authorization',
    status: 401,
    description: 'Missing Authorization header',
    source: `${published}, UpdateInvalidAccessTokenFaultString`,
    expected: 'Bearer and an access token',
    fix: 'Send Authorization: Bearer with an access token, or the header apikey to an operation that accepts API keys.',
  },
  emptyAuthorization: {
    code: 'empty_authorization',
    status: 401,
    description: 'Empty Authorization header',
    source: `${published}, UpdateInvalidAccessTokenFaultString`,
    expected: 'Bearer and an access token',
    fix: 'Send Authorization: Bearer with an access token.',
  },
  missingToken: {
    code: 'missing_token',
    status: 401,
    description: 'Missing access token',
    source: `${published}, UpdateInvalidAccessTokenFaultString`,
    expected: 'an access token after Bearer and one space',
    fix: 'Put the access token after Bearer and one space.',
  },
  wrongTokenType: {
    code: 'wrong_token_type',
    status: 401,
    description: "Invalid token type '{type}', must be 'Bearer'",
    source: `${published}, UpdateInvalidAccessTokenFaultString`,
    expected: 'Bearer',
    fix: 'Use the scheme Bearer, spelt exactly.',
  },
  invalidToken: {
    code: 'invalid_token',
    status: 401,
    description: 'Invalid Access Token',
    source: apigee,
    expected: 'an unexpired access token of this instance',
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
    expected: 'an access token that is still valid',
    fix: 'Get a new access token: refresh it, or sign in again.',
  },
  invalidApiKey: {
    code: 'invalid_api_key',
    status: 401,
    description: 'Invalid ApiKey',
    source: verifyKey,
    expected: 'the API key of an approved application',
    fix: 'Send the API key of an approved application in the header apikey.',
  },
  apiKeyWithoutProduct: {
    code: 'api_key_without_product',
    status: 401,
    description: 'Invalid ApiKey for given resource',
    source: verifyKey,
    expected: 'an application with a product of this API',
    fix: 'Add a product that holds this API to the application: alongside app edit.',
  },
  noProductMatch: {
    code: 'no_product_match',
    status: 401,
    description: 'Invalid API call as no apiproduct match found',
    source: apigee,
    expected: 'a product with this API and a scope of the token',
    fix: 'Add a product with this API and a scope of the token to the application.',
  },
  quotaOfApplication: {
    code: 'quota_of_application',
    status: 429,
    description:
      'Your application, {application}, has exceeded its quota of {limit} requests every {interval} {timeunit}(s) and is being rate limited.',
    source: `${published}, Errors.AppQuotaExceeded`,
    expected: 'no more calls than the quota of the application allows',
    fix: 'Send fewer requests, and wait for the next interval of the quota.',
  },
  spikeOfApplication: {
    code: 'spike_of_application',
    status: 429,
    description:
      'Your application, {application}, has created a spike in traffic and is being rate limited. Please reduce the frequency of your requests.',
    source: `${published}, Errors.AppSpikeArrestExceeded`,
    expected: 'no more calls than the spike arrest of the application allows',
    fix: 'Spread the requests of the application over time.',
  },
  busyApi: {
    code: 'busy_api',
    status: 429,
    description: 'This API is currently receiving a high volume of requests and is being rate limited.',
    actor: 'operator',
    source: `${published}, Errors.ProxyRatelimitExceeded`,
    expected: 'no more calls than the limits of the API allow',
    fix: 'Retry later. The operator can raise the limits of the API.',
  },
  spikeOfOperation: {
    code: 'spike_of_operation',
    status: 429,
    description: 'There have been too many {operation} requests. Please try again later.',
    source: `${published}, Errors.TooManyPatientCreateRequests`,
    expected: 'no more calls than the limit of the operation allows',
    fix: 'Spread the requests for this operation over time, and retry later.',
  },
  patientForbidden: {
    code: 'patient_forbidden',
    status: 403,
    description:
      'Your access token has insufficient permissions. See documentation regarding Patient access restrictions https://digital.nhs.uk/developer/api-catalogue/personal-demographics-service-fhir',
    actor: 'user',
    source: `${published}, RaiseFault.InvalidUserNHSlogin`,
    expected: 'the record of the citizen, with a sign-in at level P9',
    fix: "Use the citizen's own record, with a sign-in at level P9.",
  },
  unsupportedPath: {
    code: 'unsupported_path',
    status: 400,
    description: "Unsupported path - '{path}'",
    source: `${published}, Errors.UnsupportedRequest`,
    expected: "a path of the API's specification",
    fix: "Correct the path to one of the API's specification.",
  },
  invalidRequestId: {
    code: 'invalid_request_id',
    status: 400,
    description: "Invalid value - '{value}' in header 'X-Request-ID'",
    source: `${published}, Errors.InvalidRequestID`,
    expected: 'a UUID',
    fix: 'Set X-Request-ID to a UUID.',
  },
  missingRequestId: {
    code: 'missing_request_id',
    status: 400,
    description: "Missing value in header 'X-Request-ID'",
    source: 'NHSDigital/electronic-prescription-service-api, proxies/live/targets/apim.xml',
    expected: 'a UUID',
    fix: 'Add X-Request-ID with a new UUID for each request.',
  },
  roleInvalid: {
    code: 'role_invalid',
    status: 400,
    description: 'NHSD-Session-URID is invalid',
    actor: 'user',
    source: 'NHSDigital/shared-flow-testing, UserRoleService',
    expected: 'the id of a role of the person',
    fix: 'Choose a role that the person has, or leave NHSD-Session-URID out where there is only one.',
  },
  rolesSeveral: {
    code: 'roles_several',
    status: 400,
    description: 'multiple roles found in user info, please check NHSD-Session-URID',
    source: 'NHSDigital/shared-flow-testing, UserRoleService',
    expected: 'the id of one role in NHSD-Session-URID',
    fix: "Send the role id of one of the person's roles in NHSD-Session-URID.",
  },
  roleNone: {
    code: 'role_none',
    status: 400,
    description: 'no userroles available, please check NHSD-Session-URID is valid',
    actor: 'user',
    source: 'NHSDigital/shared-flow-testing, UserRoleService',
    expected: 'a person with a role',
    fix: 'Give the person a role in the directory.',
  },
  rolesMalformed: {
    code: 'roles_malformed',
    status: 400,
    description: 'nhsid_nrbac_roles is misconfigured/invalid',
    actor: 'operator',
    source: 'NHSDigital/shared-flow-testing, UserRoleService',
    expected: 'well-formed roles in the directory',
    fix: 'Correct the roles of the person in the directory.',
  },
  roleNotInToken: {
    code: 'role_not_in_token',
    status: 401,
    description: 'selected_roleid is missing in your token',
    source: 'NHSDigital/shared-flow-testing, UserRoleService',
    expected: 'a token with a selected role, or a role id in NHSD-Session-URID',
    fix: 'Ask CIS2 for a selected role, or send the role id in NHSD-Session-URID.',
  },
  noUserInfo: {
    code: 'no_user_info',
    status: 500,
    description: 'unable to retrieve user info',
    actor: 'operator',
    source: 'NHSDigital/shared-flow-testing, UserRoleService',
    expected: 'a person whose roles can be looked up',
    fix: 'Check that CIS2 and CIS answer. A token of a citizen has no role to look up.',
  },
  missingAsid: {
    code: 'missing_asid',
    status: 400,
    description: 'No ASID is associated with your app. Please contact support.',
    actor: 'operator',
    source: `${published}, Errors.MissingASID`,
    expected: 'an application with the attribute asid',
    fix: 'Set the attribute asid of the application: alongside app edit.',
  },
  updateForbidden: {
    code: 'update_forbidden',
    status: 403,
    description: 'Your app has insufficient permissions to use this method. Please contact support.',
    source: `${published}, RaiseFault.PatchMethodNotAllowedAppRestricted`,
    expected: 'the token of a healthcare worker or a citizen',
    fix: 'Use the token of a healthcare worker or a citizen for this method.',
  },
  createForbidden: {
    code: 'create_forbidden',
    status: 403,
    description: 'Your app has insufficient permissions to use this method. Please contact support.',
    source: `${published}, RaiseFault.PostMethodNotAllowed`,
    expected: 'the token of a healthcare worker',
    fix: 'Use the token of a healthcare worker for this method.',
  },
  resourceForbidden: {
    code: 'resource_forbidden',
    status: 403,
    description: 'Your app has insufficient permissions to use this operation. Please contact support.',
    source: `${published}, RaiseFault.ResourceRestricted`,
    expected: 'a token of a mode that may use this operation',
    fix: 'Use a token of the mode that may use this operation.',
  },
  severalResultsForbidden: {
    code: 'several_results_forbidden',
    status: 403,
    description: 'Your app has insufficient permissions to perform this search. Please contact support.',
    source: `${published}, RaiseFault.MaxResultsInvalidAppRestricted`,
    expected: '1 in _max-results',
    fix: 'Set _max-results to 1.',
  },
  backEndRefused: {
    code: 'back_end_refused',
    status: 400,
    description: 'The API behind the gateway refused the request; the gateway passed its answer on.',
    source: 'the specification of the API',
    expected: 'a request that the API accepts',
    fix: 'Correct the request as the response body describes.',
  },
  updateLate: {
    code: 'update_late',
    status: 503,
    description:
      "The downstream domain processing has not completed within the configured timeout period. Using the same 'X-Request-ID' header, retry your request after the time specified by the 'Retry-After' response header.",
    source: `${published}, ServiceUnavailable`,
    expected: 'an update within the configured timeout',
    fix: 'Repeat the request with the same X-Request-ID after the seconds in Retry-After.',
  },
  unavailable: {
    code: 'unavailable',
    status: 503,
    description: 'The service is temporarily unavailable. Try again in a moment. (Message ID: {messageId})',
    actor: 'operator',
    source: 'RFC 9110 section 15.6.4',
    expected: 'a database and a disk that respond',
    fix: 'Check the database and the disk of this service: GET /readyz names what fails.',
  },
  unexpected: {
    code: 'unexpected',
    status: 500,
    description:
      'An unknown error occurred processing this request. Contact us for assistance diagnosing this issue: https://digital.nhs.uk/developer/help-and-support. (Message ID: {messageId})',
    actor: 'operator',
    source: `${published}, Errors.Default`,
    expected: 'a response without an error',
    fix: 'Look for this id in the log of the gateway; report a defect with that line.',
  },
  unknownStatusKey: {
    code: 'unknown_status_key',
    status: 401,
    description: 'Invalid Api Key',
    actor: 'operator',
    source: `${published}, _status`,
    expected: 'the configured key of _status',
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
