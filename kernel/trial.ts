import type { ErrorEntry } from './errors.ts';

/** The result of one check of a request, with the expected and the received value. Never a secret or a raw token. */
export interface Check {
  /** Name of the checked value: `aud`, `kid`, `redirect_uri`. */
  check: string;
  ok: boolean;
  expected: string;
  received: string;
}

/** The error of a failed check. */
export interface TriedRefusal extends Pick<ErrorEntry, 'fix' | 'actor' | 'source'> {
  /** Id of the catalogue entry. */
  error: string;
}

/** The result of one check of a dry run. */
export interface TriedCheck extends Check {
  /** Only of a failed check. */
  refusal?: TriedRefusal;
}

/** The result of a dry run: how the service would respond to the request now. */
export interface TrialReport {
  ok: boolean;
  /** The checks in their order, beyond the first failure where possible. */
  checks: TriedCheck[];
  /** The refusal for the first failure; null if all checks pass. */
  answer: { status: number; error: string; error_description: string } | null;
}
