import { type Headers, json } from '@alongside/kernel/answer';
import type { Refusal } from '@alongside/kernel/errors';
import type { ErrorRenderer } from '../api.ts';
import { descriptionOf, type ErrorName, errorNameOf } from './catalogue.ts';
import type { definitionErrors } from './definition.ts';

/** One issue of an OperationOutcome, in Spine's terms. */
export interface Issue {
  severity: 'error' | 'information';
  /** FHIR issue type, or `token`, which Spine's gateway uses although FHIR does not define it. */
  type: string;
  code: string;
  display: string;
  diagnostics?: string;
}

/** Returns the FHIR R4 OperationOutcome of an error. */
export const operationOutcome = ({ severity, type, code, display, diagnostics }: Issue): object => ({
  resourceType: 'OperationOutcome',
  issue: [
    {
      severity,
      code: type,
      details: {
        coding: [
          {
            system: 'https://fhir.nhs.uk/R4/CodeSystem/Spine-ErrorOrWarningCode',
            version: '1',
            code,
            display,
          },
        ],
      },
      ...(diagnostics === undefined ? {} : { diagnostics }),
    },
  ],
});

interface Form {
  type: string;
  code: string;
  display(values: Refusal['extra']): string;
  /** Returns the diagnostics, if different from the description. */
  diagnostics?(refusal: Refusal): string;
  status?: number;
  headers?: Headers;
}

const form = (type: string, code: string, display: string): Form => ({ type, code, display: () => display });

const denied = form('forbidden', 'ACCESS_DENIED', 'Access Denied - Unauthorised');
const invalid = form('value', 'INVALID_VALUE', 'Provided value is invalid');
const missing = form('value', 'MISSING_VALUE', 'Required value is missing');
const busy = form('value', 'TOO_MANY_REQUESTS', 'Too many requests');
const unknown = form('unknown', 'UNKNOWN_ERROR', 'Unknown Error');

const guide =
  'Please see: https://digital.nhs.uk/developer/guides-and-documentation/reference-guide#rate-limits for more details.';
const limited: Form = { ...busy, diagnostics: (refusal) => `${descriptionOf(refusal)} ${guide}` };

// Every refusal of a role becomes this one, whatever the shared flow returned.
const role: Form = {
  ...invalid,
  status: 400,
  diagnostics: ({ extra }) =>
    `Invalid value - '${extra.value ?? ''}' in header 'NHSD-Session-URID'. Refer to the guidance for this header in our API Specification https://digital.nhs.uk/developer/api-catalogue/personal-demographics-service-fhir`,
};

const forms: Readonly<
  Record<Exclude<ErrorName, keyof typeof definitionErrors>, Form> & Partial<Record<ErrorName, Form>>
> = {
  repeatedHeader: invalid,
  serviceWorker: form('forbidden', 'ACCESS_DENIED', 'Access Denied'),
  foreignPage: form('forbidden', 'ACCESS_DENIED', 'Access Denied'),
  bodyTooLarge: invalid,
  requestMalformed: invalid,
  missingAuthorization: denied,
  emptyAuthorization: denied,
  missingToken: denied,
  wrongTokenType: denied,
  invalidToken: denied,
  boundToken: denied,
  unboundToken: denied,
  wrongCertificate: denied,
  wrongAudience: denied,
  missingProof: denied,
  invalidProof: denied,
  nonceRequired: denied,
  personDisabled: denied,
  expiredToken: denied,
  invalidApiKey: denied,
  apiKeyWithoutProduct: denied,
  noProductMatch: denied,
  quotaOfApplication: limited,
  spikeOfApplication: limited,
  busyApi: limited,
  spikeOfOperation: busy,
  patientForbidden: form('forbidden', 'ACCESS_DENIED', 'Patient cannot perform this action'),
  unsupportedPath: form('value', 'UNSUPPORTED_REQUEST', 'The request is not one that is supported.'),
  invalidRequestId: invalid,
  missingRequestId: missing,
  roleInvalid: role,
  rolesSeveral: role,
  roleNone: role,
  rolesMalformed: role,
  roleNotInToken: role,
  noUserInfo: role,
  missingAsid: missing,
  updateForbidden: {
    ...form('forbidden', 'INVALID_METHOD', ''),
    display: ({ mode }) => `Cannot update resource with ${mode} access token`,
  },
  createForbidden: {
    ...form('forbidden', 'INVALID_METHOD', ''),
    display: ({ mode }) => `Cannot create resource with ${mode} access token`,
  },
  resourceForbidden: {
    ...form('forbidden', 'ACCESS_DENIED', ''),
    display: ({ verb, mode }) => `Cannot ${verb} resource with ${mode} access token`,
  },
  severalResultsForbidden: {
    ...form('token', 'INVALID_VALUE', ''),
    display: ({ mode }) => `Cannot retrieve more than one result with ${mode} access token`,
  },
  backEndRefused: unknown,
  updateLate: {
    ...form('timeout', 'SERVICE_UNAVAILABLE', 'Service unavailable'),
    headers: { 'retry-after': '5' },
  },
  unavailable: form('transient', 'SERVICE_UNAVAILABLE', 'Service unavailable'),
  unexpected: unknown,
  unknownStatusKey: denied,
};

/** OperationOutcome with Spine's codes: the PDS FHIR API. */
export const pds: ErrorRenderer = {
  render(refusal) {
    const {
      type,
      code,
      display,
      diagnostics = descriptionOf,
      status,
      headers = {},
    } = forms[errorNameOf(refusal) ?? 'unexpected'] ?? unknown;
    return json(
      status ?? Number(refusal.extra.status ?? refusal.entry.status),
      operationOutcome({
        severity: 'error',
        type,
        code,
        display: display(refusal.extra),
        diagnostics: diagnostics(refusal),
      }),
      headers,
    );
  },
  // The published fault rules for roles and for too many creations do not mirror them.
  mirrors: (refusal) => {
    const form = forms[errorNameOf(refusal) ?? 'unexpected'];
    return form !== role && form !== busy;
  },
};
