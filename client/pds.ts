import type { ApiCallOptions, ApiSettings } from './api.ts';
import { createApi } from './api.ts';
import type { Clock } from './clock.ts';
import { systemClock } from './clock.ts';
import { ClientError } from './errors.ts';
import { FhirError } from './fhir.ts';
import type { Coverage, Patient, RelatedPerson } from './fhir-resources.ts';
import { bundleOf, coverageOf, outcomeOf, patientOf, relatedPersonOf } from './fhir-resources.ts';
import { parseNhsNumber } from './nhs-number.ts';
import { retryAfterSeconds } from './retry.ts';

/** The settings of a PDS FHIR client. */
export type PdsSettings = Omit<ApiSettings, 'repeatsWrites'>;

/** Options of one call. */
export type PdsCallOptions = ApiCallOptions;

/** The ids of a call. Quote the request id to support. */
export interface CallIds {
  requestId: string;
  correlationId: string;
}

/** A patient record of PDS. */
export interface PatientRecord extends CallIds {
  patient: Patient;
  /** The requested NHS number. */
  requested: string;
  /** The current NHS number of the record if the requested one was superseded: store this one. */
  supersededBy?: string;
  /** The version, to send with an update. */
  etag?: string;
}

/** The parameters of a search, as PDS names them. Dates begin with `eq`, `ge` or `le`; two of them are a range. */
export interface PatientSearch {
  family?: string | undefined;
  given?: string | string[] | undefined;
  gender?: string | undefined;
  birthdate?: string | string[] | undefined;
  'death-date'?: string | string[] | undefined;
  'address-postalcode'?: string | undefined;
  'general-practitioner'?: string | undefined;
  email?: string | undefined;
  phone?: string | undefined;
  '_fuzzy-match'?: boolean | undefined;
  '_exact-match'?: boolean | undefined;
  _history?: boolean | undefined;
  '_max-results'?: number | undefined;
}

/** The result of a search. */
export interface PatientMatches extends CallIds {
  /** The best first. Empty also if there were too many. */
  matches: { patient: Patient; score: number | undefined }[];
  /** More patients match than requested: ask the user for more details. */
  tooMany: boolean;
}

/** One change of a record. // RFC 6902 section 4, with the rules of PDS */
export interface PatientPatch {
  op: 'add' | 'replace' | 'remove' | 'test';
  /** For example `/name/0/given/0`. */
  path: string;
  value?: unknown;
}

/** The result of creating a patient. */
export interface CreatedPatient extends CallIds {
  /** The new record; undefined if a patient with these details exists. */
  created?: { patient: Patient; etag?: string };
  /** The reason why no patient was created: search for the patient. */
  existing?: 'SINGLE_MATCH' | 'MULTIPLE_MATCHES';
}

/** The insurance cards of a patient. */
export interface PatientCoverage extends CallIds {
  coverage?: Coverage;
  /** The version of the patient's record, to send with a change. */
  etag?: string;
}

/**
 * Reads and changes patients at PDS. Each call throws `nhs_number_invalid` before a request, `FhirError` if PDS refuses it,
 * `sign_in_required`, `response_invalid`, or an error of the network. Writes are repeated with the same `X-Request-ID`, so that a
 * lost response has no second effect.
 */
export interface Pds {
  patient(nhsNumber: string, options?: PdsCallOptions): Promise<PatientRecord>;
  search(parameters: PatientSearch, options?: PdsCallOptions): Promise<PatientMatches>;
  /** Changes the version that `etag` names; PDS refuses it with 409 if the record has changed since. */
  update(
    nhsNumber: string,
    change: { etag: string; patches: readonly PatientPatch[] },
    options?: PdsCallOptions,
  ): Promise<PatientRecord>;
  /** Creates a patient (healthcare workers). */
  create(patient: Omit<Patient, 'id'>, options?: PdsCallOptions): Promise<CreatedPatient>;
  relatedPersons(
    nhsNumber: string,
    options?: PdsCallOptions,
  ): Promise<CallIds & { relatedPersons: RelatedPerson[] }>;
  /** Reads the European health insurance card (citizens). */
  coverage(nhsNumber: string, options?: PdsCallOptions): Promise<PatientCoverage>;
  /** Replaces the card (citizens). */
  replaceCoverage(
    change: { etag: string; coverage: Coverage },
    options?: PdsCallOptions,
  ): Promise<PatientCoverage>;
}

/** A response of PDS. */
interface PdsAnswer {
  status: number;
  body: unknown;
  etag?: string;
  ids: CallIds;
}

interface PdsRequest {
  method?: 'PATCH' | 'POST';
  etag?: string;
  type?: string;
  body?: object;
}

const FHIR = 'application/fhir+json';
const JSON_PATCH = 'application/json-patch+json';
/** The media type of created resources, as published; PDS refuses `application/fhir+json`. */
const JSON_BODY = 'application/json';

/** Creates a client of PDS FHIR. Throws `settings_invalid` with the name of the setting. */
export function createPds(settings: PdsSettings): Pds {
  const clock = settings.clock ?? systemClock;
  const api = createApi({ ...settings, repeatsWrites: true });

  async function ask(path: string, options: PdsCallOptions, request: PdsRequest = {}): Promise<PdsAnswer> {
    const { requestId = crypto.randomUUID(), correlationId = crypto.randomUUID() } = options;
    const ids = { requestId, correlationId };
    const headers: Record<string, string> = { accept: FHIR };
    if (request.etag !== undefined) headers['if-match'] = request.etag;
    if (request.type !== undefined) headers['content-type'] = request.type;
    const response = await api.fetch(path, {
      ...options,
      ...ids,
      method: request.method ?? 'GET',
      headers,
      body: request.body && JSON.stringify(request.body),
    });
    const body = jsonOf(await response.text());
    if (!response.ok) throw failure(response, body, ids, clock);
    return { status: response.status, body, etag: response.headers.get('etag') ?? undefined, ids };
  }

  const record = (requested: string, { body, etag, ids }: PdsAnswer): PatientRecord => {
    const patient = patientOf(body);
    return {
      patient,
      requested,
      supersededBy: patient.id === requested ? undefined : patient.id,
      etag,
      ...ids,
    };
  };

  return {
    async patient(nhsNumber, options = {}) {
      const requested = parseNhsNumber(nhsNumber);
      return record(requested, await ask(`/Patient/${requested}`, options));
    },

    async search(parameters, options = {}) {
      const { body, ids } = await ask(`/Patient?${queryOf(parameters)}`, options);
      // PDS answers 200 with an outcome if there are more matches than asked for.
      if (codeOf(body) === 'TOO_MANY_MATCHES') return { matches: [], tooMany: true, ...ids };
      const entries = bundleOf(body).entry ?? [];
      const matches = entries.map(({ resource, search }) => ({
        patient: patientOf(resource),
        score: search?.score,
      }));
      return { matches, tooMany: false, ...ids };
    },

    async update(nhsNumber, { etag, patches }, options = {}) {
      const requested = parseNhsNumber(nhsNumber);
      const request = { method: 'PATCH', etag, type: JSON_PATCH, body: { patches } } as const;
      return record(requested, await ask(`/Patient/${requested}`, options, request));
    },

    async create(patient, options = {}) {
      const request = { method: 'POST', type: JSON_BODY, body: patient } as const;
      const { status, body, etag, ids } = await ask('/Patient', options, request);
      if (status === 201) return { created: { patient: patientOf(body), etag }, ...ids };
      const code = codeOf(body);
      if (code !== 'SINGLE_MATCH' && code !== 'MULTIPLE_MATCHES')
        throw new ClientError('response_invalid', 'PDS neither created the patient nor says why not.');
      return { existing: code, ...ids };
    },

    async relatedPersons(nhsNumber, options = {}) {
      const { body, ids } = await ask(`/Patient/${parseNhsNumber(nhsNumber)}/RelatedPerson`, options);
      const entries = bundleOf(body).entry ?? [];
      return { relatedPersons: entries.map(({ resource }) => relatedPersonOf(resource)), ...ids };
    },

    async coverage(nhsNumber, options = {}) {
      const query = `subscriber%3Aidentifier=${parseNhsNumber(nhsNumber)}`;
      return coverageIn(await ask(`/Coverage?${query}`, options));
    },

    async replaceCoverage({ etag, coverage }, options = {}) {
      const request = { method: 'POST', etag, type: JSON_BODY, body: coverage } as const;
      return coverageIn(await ask('/Coverage', options, request));
    },
  };
}

function coverageIn({ body, etag, ids }: PdsAnswer): PatientCoverage {
  const [entry] = bundleOf(body).entry ?? [];
  return { coverage: entry && coverageOf(entry.resource), etag, ...ids };
}

function queryOf(parameters: PatientSearch): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    for (const item of [value].flat()) if (item !== undefined) query.append(name, String(item));
  }
  return query;
}

function codeOf(body: unknown): string | undefined {
  return outcomeOf(body)?.issue[0]?.details?.coding?.[0]?.code;
}

function failure(response: Response, body: unknown, ids: CallIds, clock: Clock): FhirError {
  return new FhirError({
    status: response.status,
    outcome: outcomeOf(body),
    retryAfterSeconds: retryAfterSeconds(response.headers, clock),
    ...ids,
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
