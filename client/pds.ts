import { randomUUID } from 'node:crypto';
import { checkedUrl, withoutSlash } from './config.ts';
import { ClientError } from './errors.ts';
import type { Patient } from './fhir.ts';
import { FhirError, outcomeOf } from './fhir.ts';
import type { Fetch, HttpAnswer } from './http.ts';
import { jsonObject, send, unlessAborted } from './http.ts';
import { parseNhsNumber } from './nhs-number.ts';

/** The settings of a PDS FHIR client. */
export interface PdsSettings {
  /** For example `https://int.api.service.nhs.uk/personal-demographics/FHIR/R4`. */
  baseUrl: string;
  /** Gives an access token for each call: `keepFresh(...).freshToken`, for one. */
  token: () => Promise<string>;
  /** The role in which the person acts (`person_roleid`); needed when there are several. */
  sessionUrid?: string;
  /** The organisation of the end user, for applications that serve several. */
  odsCode?: string;
  fetch?: Fetch;
  /** Waits so many milliseconds before the one retry. */
  wait?: (milliseconds: number) => Promise<void>;
}

/** One call's own choices. */
export interface PdsCallOptions {
  /** Overrides the role of the settings. */
  sessionUrid?: string;
  /** Joins the calls of one task in the logs; made up when left out. */
  correlationId?: string;
  signal?: AbortSignal;
}

/** A patient as PDS holds it. */
export interface PatientRecord {
  patient: Patient;
  /** The NHS number that was asked for. */
  requested: string;
  /** The NHS number that holds the record now, when the asked one has been superseded: store this one. */
  supersededBy?: string;
  /** The version, to be sent back as `If-Match` with an update. */
  etag?: string;
  requestId: string;
  correlationId: string;
}

/** Reads from PDS. */
export interface Pds {
  /**
   * Reads a patient. Throws `nhs_number_invalid` before any call, `FhirError` with what PDS said,
   * `response_invalid`, or what the network does.
   */
  patient(nhsNumber: string, options?: PdsCallOptions): Promise<PatientRecord>;
}

const LONGEST_WAIT_SECONDS = 5;

/** A client of PDS FHIR. Throws `settings_invalid` with the name of the setting. */
export function createPds(settings: PdsSettings): Pds {
  const fetcher = settings.fetch ?? fetch;
  const wait =
    settings.wait ?? ((milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)));
  const baseUrl = withoutSlash(checkedUrl('baseUrl', settings.baseUrl));
  checkHeader('odsCode', settings.odsCode, /^[A-Za-z0-9]{1,20}$/);

  async function call(path: string, options: PdsCallOptions, ids: Ids): Promise<HttpAnswer> {
    const sessionUrid = options.sessionUrid ?? settings.sessionUrid;
    checkHeader('sessionUrid', sessionUrid, /^\d{1,20}$/);
    const headers: Record<string, string> = {
      authorization: `Bearer ${await unlessAborted(options.signal, settings.token())}`,
      accept: 'application/fhir+json',
      'x-request-id': ids.requestId,
      'x-correlation-id': ids.correlationId,
    };
    if (sessionUrid !== undefined) headers['nhsd-session-urid'] = sessionUrid;
    if (settings.odsCode !== undefined) headers['nhsd-end-user-organisation-ods'] = settings.odsCode;
    const publicUrl = `${baseUrl}/Patient/...`;
    return send(fetcher, { url: `${baseUrl}${path}`, publicUrl, headers, signal: options.signal });
  }

  // The same X-Request-ID both times: by it the API knows a repeat.
  async function callTwice(path: string, options: PdsCallOptions, ids: Ids): Promise<HttpAnswer> {
    const answer = await call(path, options, ids);
    const seconds = retryAfter(answer);
    if (answer.status !== 503 || seconds === undefined || seconds > LONGEST_WAIT_SECONDS) return answer;
    await unlessAborted(options.signal, wait(seconds * 1000));
    return call(path, options, ids);
  }

  return {
    async patient(nhsNumber, options = {}) {
      const requested = parseNhsNumber(nhsNumber);
      checkHeader('correlationId', options.correlationId, /^[\x21-\x7e]{1,200}$/);
      const ids = { requestId: randomUUID(), correlationId: options.correlationId ?? randomUUID() };
      const answer = await callTwice(`/Patient/${requested}`, options, ids);
      const body = jsonObject(answer);
      if (answer.status !== 200) {
        const retryAfterSeconds = retryAfter(answer);
        throw new FhirError({ status: answer.status, outcome: outcomeOf(body), retryAfterSeconds, ...ids });
      }
      if (body?.resourceType !== 'Patient' || typeof body.id !== 'string') {
        throw new ClientError('response_invalid', 'PDS answered 200 with something that is not a Patient.');
      }
      return {
        patient: body as Patient,
        requested,
        supersededBy: body.id === requested ? undefined : body.id,
        etag: answer.headers.get('etag') ?? undefined,
        ...ids,
      };
    },
  };
}

interface Ids {
  requestId: string;
  correlationId: string;
}

function retryAfter(answer: HttpAnswer): number | undefined {
  const value = answer.headers.get('retry-after');
  return value !== null && /^\d{1,6}$/.test(value) ? Number(value) : undefined;
}

function checkHeader(name: string, value: string | undefined, form: RegExp): void {
  if (value !== undefined && !form.test(value)) {
    throw new ClientError(
      'settings_invalid',
      `The value of ${name} does not have the form that the API wants.`,
    );
  }
}
