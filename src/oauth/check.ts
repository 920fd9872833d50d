import { shownTime } from '@alongside/kernel/clock';
import type { Refuse } from '@alongside/kernel/errors';
import type { DecodedJwt } from '@alongside/kernel/jws';
import type { Check } from '@alongside/kernel/trial';

/** One check in a table. Its texts are made only for a report. */
export interface Rule<S> {
  readonly check: string;
  readonly expected: string | ((subject: S) => string);
  readonly ok: (subject: S) => boolean;
  readonly received: (subject: S) => unknown;
}

/** A JWT, and the time in seconds. */
export interface JwtAt {
  readonly jwt: DecodedJwt;
  readonly now: number;
}

type MemberRule = <S extends JwtAt>(
  name: string,
  expected: Rule<S>['expected'],
  ok: (value: unknown, subject: S) => boolean,
) => Rule<S>;

const times = ['exp', 'nbf', 'iat'];

const memberRule =
  (part: 'header' | 'claims'): MemberRule =>
  (name, expected, ok) => ({
    check: name,
    expected,
    ok: (subject) => ok(subject.jwt[part][name], subject),
    received: ({ jwt, now }) => (times.includes(name) ? shownTime(jwt[part][name], now) : jwt[part][name]),
  });
/** Returns the rule for one member of a JWT. */
export const headerRule = memberRule('header');
export const claimRule = memberRule('claims');

const longest = 500;

/** Returns the text of a value for a report, cut to a limit. */
export function shown(value: unknown): string {
  if (value === undefined) return 'missing';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (text === '') return 'empty';
  return text.length > longest ? `${text.slice(0, longest)}...` : text;
}

const resultOf = <S>({ check, ok, expected, received }: Rule<S>, subject: S): Check => ({
  check,
  ok: ok(subject),
  expected: typeof expected === 'string' ? expected : expected(subject),
  received: shown(received(subject)),
});

/** Returns the result of each rule, in order. */
export const resultsOf = <S>(rules: readonly Rule<S>[], subject: S): Check[] =>
  rules.map((rule) => resultOf(rule, subject));

/** Describes a failed check for the log. */
export const faultOf = ({ check, received, expected }: Check): string =>
  `${check} is ${received}, expected is ${expected}`;

/** Returns the results of all rules that fail. */
export const failuresOf = <S>(rules: readonly Rule<S>[], subject: S): Check[] =>
  rules.filter((rule) => !rule.ok(subject)).map((rule) => resultOf(rule, subject));

/** Throws the error of the first rule that fails. */
export function requireAll<S>(rules: readonly (readonly [Rule<S>, Refuse])[], subject: S): void {
  for (const [rule, refuse] of rules) {
    if (rule.ok(subject)) continue;
    const failed = resultOf(rule, subject);
    const { check: field, received, expected } = failed;
    throw refuse(faultOf(failed)).about({ field, received, expected });
  }
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
