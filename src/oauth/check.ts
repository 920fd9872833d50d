import type { Refuse } from '@alongside/kernel/errors';

/** One check of a request, with the expected and the received value. Never a secret or a raw token. */
export interface Check {
  /** Name of the checked value: `aud`, `kid`, `redirect_uri`. */
  check: string;
  ok: boolean;
  expected: string;
  received: string;
}

/** A check with its own error. */
export interface Rule extends Check {
  refuse: Refuse;
}

const longest = 500;

/** Returns the text of a value for a report, cut to a limit. */
export function shown(value: unknown): string {
  if (value === undefined) return 'missing';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (text === '') return 'empty';
  return text.length > longest ? `${text.slice(0, longest)}...` : text;
}

/** Returns the first failure of a list of checks, for the log. */
export function faultOf(checks: readonly Check[]): string | undefined {
  const failed = checks.find(({ ok }) => !ok);
  return failed && `${failed.check} is ${failed.received}, expected is ${failed.expected}`;
}

/** Throws the error of the first failed rule. */
export function requireAll(rules: readonly Rule[]): void {
  const failed = rules.find(({ ok }) => !ok);
  if (failed) throw failed.refuse(`${failed.check} is ${failed.received}, expected is ${failed.expected}`);
}

const defaultPort = /^(https:\/\/[^/:]+):443(?=\/|$)/;

/**
 * Returns how two addresses differ if they are almost equal: in the explicit default port, which the published issuer has and
 * libraries remove, or in the slash at the end.
 */
export function likeness(received: unknown, expected: string): string | undefined {
  if (typeof received !== 'string' || received === expected) return undefined;
  const bare = (address: string) => address.replace(defaultPort, '$1');
  if (bare(received) === bare(expected))
    return `they differ in the explicit port :443 only, which has to be ${defaultPort.test(expected) ? 'there' : 'left out'}`;
  if (received.replace(/\/$/, '') === expected.replace(/\/$/, ''))
    return 'they differ in the slash at the end only';
  return undefined;
}

/** Returns a sentence about two different values, for the log. */
export function unlike(what: string, received: unknown, expected: string): string {
  const hint = likeness(received, expected);
  const shown =
    typeof received === 'string' ? received.slice(0, 500) : (JSON.stringify(received) ?? 'missing');
  return `${what} is ${shown}, ${expected} was expected${hint ? `; ${hint}` : ''}`;
}
