import { Answer } from '@alongside/kernel/answer';
import { catalogue, type ErrorEntry, type Refusal } from '@alongside/kernel/errors';
import { descriptionOf } from '../../errors/catalogue.ts';
import { type Issue, operationOutcome } from '../../errors/pds.ts';

interface Outcome {
  status: number;
  code: string;
  display: string;
  type: string;
  severity?: Issue['severity'];
  /** Filled from the refusal's `extra`; without it, the body omits diagnostics. */
  diagnostics?: string;
  /** The expected value. */
  expected: string;
  fix: string;
}

const missing = {
  status: 400,
  code: 'MISSING_VALUE',
  display: 'Required value is missing',
  type: 'required',
};
const invalid = { status: 400, code: 'INVALID_VALUE', display: 'Provided value is invalid', type: 'value' };
const search = { status: 400, code: 'INVALID_SEARCH_DATA', display: 'Search data is invalid', type: 'value' };
const update = { status: 400, code: 'INVALID_UPDATE', display: 'Update is invalid', type: 'structure' };
const forbidden: Omit<Outcome, 'expected' | 'fix'> = {
  status: 403,
  code: 'FORBIDDEN_UPDATE',
  display: 'Update is forbidden',
  type: 'forbidden',
  severity: 'information',
};

/** The catalogue of the PDS FHIR API's own errors (NHSDigital/personal-demographics-service-api, specification and karate stubs). */
const table = {
  invalidResourceId: {
    status: 400,
    code: 'INVALID_RESOURCE_ID',
    display: 'Resource Id is invalid',
    type: 'value',
    expected: 'ten digits with a correct check digit',
    fix: 'Send a valid NHS number: ten digits with a correct check digit.',
  },
  unsupportedService: {
    status: 400,
    code: 'UNSUPPORTED_SERVICE',
    display: 'Unsupported Service',
    type: 'processing',
    expected: 'an operation, a content type and a body of the specification',
    fix: "Use an operation, a content type and a body of the API's specification.",
  },
  missingRequestId: {
    ...missing,
    diagnostics: 'Invalid request with error - X-Request-ID header must be supplied to access this resource',
    expected: 'a UUID in X-Request-ID',
    fix: 'Add X-Request-ID with a new UUID for each request.',
  },
  missingField: {
    ...missing,
    diagnostics: "Missing value - '{field}'",
    expected: 'the parameter or field',
    fix: 'Add the parameter or field that the answer names.',
  },
  invalidField: {
    ...invalid,
    diagnostics: "Invalid value - '{value}' in field '{field}'",
    expected: 'a value that the specification allows',
    fix: 'Correct the parameter or field that the answer names.',
  },
  unsupportedValue: {
    status: 400,
    code: 'UNSUPPORTED_VALUE',
    display: 'Unsupported value',
    type: 'value',
    diagnostics: "Unsupported value - '{value}' in field '{field}'",
    expected: 'a value that may still be set',
    fix: 'Send a value that may still be set; this one is only kept in old records.',
  },
  tooManyValues: {
    status: 400,
    code: 'TOO_MANY_VALUES_SUBMITTED',
    display: 'Too many values submitted',
    type: 'value',
    diagnostics: "Too many values submitted - {values} in field '{field}'",
    expected: 'as many values as the specification allows',
    fix: 'Send the parameter as often as the specification allows.',
  },
  additionalProperties: {
    status: 400,
    code: 'ADDITIONAL_PROPERTIES',
    display: 'Additional properties should not be included',
    type: 'invariant',
    diagnostics: 'Invalid request with error - Additional properties are not allowed ({names})',
    expected: 'the parameters of the specification only',
    fix: 'Remove the parameters that the specification does not name.',
  },
  invalidSearch: {
    ...search,
    diagnostics: "Invalid search data provided - '{reason}'",
    expected: 'family, birthdate and gender, with two characters before a wildcard',
    fix: 'Search by family, birthdate and gender, with at least two characters before a wildcard.',
  },
  tooManyMatches: {
    status: 200,
    code: 'TOO_MANY_MATCHES',
    display: 'Too Many Matches',
    type: 'multiple-matches',
    severity: 'information',
    expected: 'a search with fewer results',
    fix: 'Narrow the search: add postcode, given name or an exact date of birth.',
  },
  singleMatch: {
    status: 200,
    code: 'SINGLE_MATCH',
    display: 'Single match found',
    type: 'value',
    diagnostics: 'Unable to create new patient. NHS number {number} found for supplied demographic data.',
    expected: 'data of a patient without a record',
    fix: 'Use the record with this number; the patient has one.',
  },
  multipleMatches: {
    status: 200,
    code: 'MULTIPLE_MATCHES',
    display: 'Multiple matches found',
    type: 'value',
    diagnostics: 'Unable to create new patient. Multiple matches found for supplied demographic data.',
    expected: 'data of a patient without a record',
    fix: 'Search for the patient and choose one of the records.',
  },
  invalidCreate: {
    status: 400,
    code: 'INVALID_CREATE',
    display: 'Patient create data is invalid',
    type: 'value',
    diagnostics: "Invalid patient create data provided - '{reason}'",
    expected: 'a patient that conforms to the specification',
    fix: 'Correct the patient as the answer describes.',
  },
  invalidUpdate: {
    ...update,
    diagnostics: 'Invalid update with error - {reason}',
    expected: 'a JSON Patch that fits the record as it is now',
    fix: 'Send a JSON Patch that fits the record as it is now; read the record first.',
  },
  forbiddenUpdate: {
    ...forbidden,
    diagnostics: 'Forbidden update with error - {reason}',
    expected: 'a change that is allowed on this record',
    fix: 'Leave this change out; it is not allowed on this record.',
  },
  notFound: {
    status: 404,
    code: 'RESOURCE_NOT_FOUND',
    display: 'Resource not found',
    type: 'not-found',
    severity: 'information',
    expected: 'the NHS number of a record',
    fix: 'Check the NHS number. A superseded record answers under its new number.',
  },
  invalidated: {
    status: 404,
    code: 'INVALIDATED_RESOURCE',
    display: 'Resource that has been marked as invalid was requested - invalid resources cannot be retrieved',
    type: 'processing',
    expected: 'a record that is not marked as invalid',
    fix: 'Do not use this record; it was marked as invalid.',
  },
  versionMismatch: {
    status: 409,
    code: 'RESOURCE_VERSION_MISMATCH',
    display: 'Resource version supplied does not match actual version',
    type: 'conflict',
    expected: 'the ETag of the record as it is now',
    fix: 'Read the record again and send its ETag in If-Match.',
  },
  missingVersion: {
    status: 412,
    code: 'PRECONDITION_FAILED',
    display: 'Required condition was not fulfilled',
    type: 'structure',
    diagnostics: 'Invalid request with error - If-Match header must be supplied to update this resource',
    expected: 'the ETag of the record in If-Match',
    fix: 'Send the ETag of the record in If-Match.',
  },
} satisfies Record<string, Outcome>;

type OutcomeName = keyof typeof table;

const source = 'NHSDigital/personal-demographics-service-api, specification and karate-tests';

/** Creates a refusal of the PDS: `throw outcomes.notFound()`. */
export const outcomes = catalogue<OutcomeName>(
  'pds',
  Object.fromEntries(
    Object.entries<Outcome>(table).map(([name, { status, code, display, diagnostics, expected, fix }]) => [
      name,
      { status, code, description: diagnostics ?? display, expected, fix, actor: 'developer', source },
    ]),
  ) as Record<OutcomeName, Omit<ErrorEntry, 'id' | 'redirect'>>,
);

/** The content type of all responses of the back end. */
const fhirJson = 'application/fhir+json';

/** Returns a FHIR response that must not be cached. */
export const fhir = (status: number, body: object, headers: Record<string, string> = {}): Answer =>
  new Answer(
    status,
    { 'content-type': fhirJson, 'cache-control': 'no-store', ...headers },
    JSON.stringify(body),
  );

/** Returns the response to a refusal of the PDS; undefined for other refusals. */
export function answerTo(refusal: Refusal): Answer | undefined {
  const name = refusal.entry.id.replace(/^pds\./, '');
  if (name === refusal.entry.id || !Object.hasOwn(table, name)) return undefined;
  const {
    status,
    code,
    display,
    type,
    severity = 'error',
    diagnostics,
  }: Outcome = table[name as OutcomeName];
  const text = diagnostics === undefined ? undefined : descriptionOf(refusal);
  return fhir(status, operationOutcome({ severity, type, code, display, diagnostics: text })).refusing(
    refusal,
  );
}
