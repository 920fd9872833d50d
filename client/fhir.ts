import { ClientError } from './errors.ts';
import type { OperationOutcome, Patient } from './fhir-resources.ts';

/** Facts of a failed FHIR call. */
export interface FhirFailure {
  status: number;
  outcome?: OperationOutcome;
  /** The id that this library sent. Quote it to support. */
  requestId: string;
  correlationId: string;
  /** Seconds to wait before a retry, if the server sent them. */
  retryAfterSeconds?: number;
}

/** An error response of a FHIR API. */
export class FhirError extends ClientError {
  readonly status: number;
  /** Private, so that it is not printed: it may quote the request. */
  readonly #outcome: OperationOutcome | undefined;
  readonly requestId: string;
  readonly correlationId: string;
  readonly retryAfterSeconds: number | undefined;
  /** The API's own error code, for example `RESOURCE_NOT_FOUND`. */
  readonly errorCode: string | undefined;

  constructor(failure: FhirFailure) {
    const issue = failure.outcome?.issue[0];
    const coding = issue?.details?.coding?.[0];
    const words = coding?.display ?? 'The API refused the call';
    const code = coding?.code ? ` ${coding.code}` : '';
    super('fhir', `${words} (${failure.status}${code}).`, {
      received: `status ${failure.status}${code}`,
      advice: adviceFor(failure),
    });
    this.name = 'FhirError';
    this.status = failure.status;
    this.#outcome = failure.outcome;
    this.requestId = failure.requestId;
    this.correlationId = failure.correlationId;
    this.retryAfterSeconds = failure.retryAfterSeconds;
    this.errorCode = coding?.code;
  }

  /** The whole OperationOutcome. It may quote the request, so it is neither printed nor in the JSON. */
  get outcome(): OperationOutcome | undefined {
    return this.#outcome;
  }

  /** The API's diagnostics. They may quote the request, so they are not in the message. */
  get diagnostics(): string | undefined {
    return this.#outcome?.issue[0]?.diagnostics;
  }
}

const ADVICE_BY_STATUS: Readonly<Record<number, string>> = {
  401: "Renew the token, or sign the user in again. If it is refused at once, see that it is of this environment, and that the application's products have this API.",
  403: "See that the application's products have this API, and that the person's role or level is enough.",
  404: 'See that the number is right; there is no such record.',
  409: 'Read the record again, and send the change with its new ETag.',
  429: 'Wait before another call: the quota is used up.',
};

function adviceFor({ status, requestId, retryAfterSeconds, outcome }: FhirFailure): string {
  if (status === 404 && outcome === undefined)
    return 'Set baseUrl to the address of the API: the service knows no such path.';
  const wait = retryAfterSeconds === undefined ? 'in a while' : `after ${retryAfterSeconds} s`;
  const own =
    ADVICE_BY_STATUS[status] ?? (status >= 500 ? `Try again ${wait}.` : 'See errorCode and diagnostics.');
  return `${own} Quote request id ${requestId} to support.`;
}

/** Returns the name to show: the usual one, else the first. Empty if the record withholds it. */
export function displayName(patient: Patient): string {
  const name = patient.name?.find((entry) => entry.use === 'usual') ?? patient.name?.[0];
  return [...(name?.prefix ?? []), ...(name?.given ?? []), name?.family].filter(Boolean).join(' ');
}
