import type { Captured, DecodedToken, Field, Journey, Message } from '../../../../journeys/model.ts';
import { reasonOf } from '../../../../journeys/text.ts';
import { tokensOf } from '../journey/inspector.ts';

/** One value that differs. Undefined if a journey does not have it. */
export interface Difference {
  readonly kind: 'parameter' | 'header' | 'claim' | 'outcome' | 'duration';
  readonly name: string;
  readonly a: string | undefined;
  readonly b: string | undefined;
  /** Whether this value caused a refusal. */
  readonly offending: boolean;
}

/** Two messages with the same name, or one without a counterpart. */
export interface ComparedStep {
  readonly a: Message | undefined;
  readonly b: Message | undefined;
  readonly differences: readonly Difference[];
}

export interface Comparison {
  /** Steps with differences. Those with the value that caused a refusal are first. */
  readonly steps: readonly ComparedStep[];
  /** Steps without differences. */
  readonly equal: number;
  /** Names of values that differ in every journey, such as state and nonce. */
  readonly usual: readonly string[];
}

/** Values that are new in every journey: random values, times, and tokens. */
const newEachTime =
  /^(state|nonce|code|code_challenge|code_verifier|jti|iat|exp|nbf|auth_time|sid|at_hash|c_hash|s_hash|access_token|refresh_token|id_token|client_assertion|subject_token|actor_token|request|request_uri|on_behalf_of|authorization|dpop|cookie|auditTrackingId|org\.forgerock\.openidconnect\.ops|interaction|ticket|txn_h|proof|request_jti|signature|card_signature|challenge|one_time_code|login_token|x-request-id|x-correlation-id|x-message-id|nhsd-.*id|date|content-length|host|traceparent|tracestate|user-agent|if-none-match|location|set-cookie|expires_in|refresh_token_expires_in)$/i;

/** Journeys with more messages are aligned by their first ones: the effort grows with the square. */
const maxAligned = 1_000;

const nameOf = ({ name, from, to }: Message): string => `${name} ${from} ${to}`;

/** Aligns two lists of messages by their names: the longest common subsequence. */
function aligned(
  left: readonly Message[],
  right: readonly Message[],
): [Message | undefined, Message | undefined][] {
  const a = left.slice(0, maxAligned);
  const b = right.slice(0, maxAligned);
  const width = b.length + 1;
  const common = new Uint16Array((a.length + 1) * width);
  const names = { a: a.map(nameOf), b: b.map(nameOf) };
  const at = (i: number, j: number): number => common[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      common[i * width + j] =
        names.a[i] === names.b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const pairs: [Message | undefined, Message | undefined][] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && names.a[i] === names.b[j]) pairs.push([a[i++], b[j++]]);
    else if (j >= b.length || (i < a.length && at(i + 1, j) >= at(i, j + 1))) pairs.push([a[i++], undefined]);
    else pairs.push([undefined, b[j++]]);
  }
  return pairs;
}

/** Joins repeated names, so that each name has one value. */
function byName(fields: readonly Field[] = []): Map<string, Field> {
  const found = new Map<string, Field>();
  for (const field of fields) {
    const before = found.get(field.name);
    found.set(field.name, before ? { ...field, value: `${before.value}, ${field.value}` } : field);
  }
  return found;
}

/** Compares secrets by their marks, because their values are cut. */
const isEqual = (a: Field | undefined, b: Field | undefined): boolean =>
  a?.mark !== undefined && b?.mark !== undefined ? a.mark === b.mark : a?.value === b?.value;

function fieldDifferences(
  kind: 'parameter' | 'header',
  a: readonly Field[] | undefined,
  b: readonly Field[] | undefined,
): Difference[] {
  const left = byName(a);
  const right = byName(b);
  return [...new Set([...left.keys(), ...right.keys()])].flatMap((name) => {
    const one = left.get(name);
    const other = right.get(name);
    if (isEqual(one, other)) return [];
    const offending = Boolean(one?.offending ?? other?.offending);
    return [{ kind, name, a: one?.value, b: other?.value, offending }];
  });
}

const written = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? '');

/** Returns the claims of tokens that both messages have, and the names of the others. */
const claimFields = (tokens: readonly DecodedToken[], others: readonly DecodedToken[]): Field[] =>
  tokens.flatMap(({ name, header, claims }) => {
    if (!others.some((other) => other.name === name)) return [{ name, value: 'a token' }];
    return [
      ...Object.entries(header).map(([key, value]) => ({
        name: `${name}: header ${key}`,
        value: written(value),
      })),
      ...Object.entries(claims).map(([key, value]) => ({ name: `${name}: ${key}`, value: written(value) })),
    ];
  });

const parameters = (captured: Captured | null): Field[] => [
  ...(captured?.query ?? []),
  ...(captured?.form ?? []),
  ...(captured?.members ?? []),
];

const outcomeOf = (message: Message): string => {
  const { outcome, status } = message;
  const reason = reasonOf(message);
  return `${outcome}${status === null ? '' : ` ${status}`}${reason === undefined ? '' : `: ${reason}`}`;
};

/** A duration differs if one is at least three times the other, and 100 ms longer. */
function durationDifference({ durationMs: a }: Message, { durationMs: b }: Message): Difference[] {
  if (a === null || b === null) return [];
  const isNotable = Math.abs(a - b) >= 100 && Math.max(a, b) >= 3 * Math.min(a, b);
  return isNotable
    ? [
        {
          kind: 'duration',
          name: 'duration',
          a: `${Math.round(a)} ms`,
          b: `${Math.round(b)} ms`,
          offending: false,
        },
      ]
    : [];
}

/** Headers of the protocol. Those of clients and connections differ for no reason that matters. */
const comparedHeaders = (captured: Captured | null): Field[] =>
  (captured?.headers ?? []).filter(
    ({ name, offending, mark }) =>
      Boolean(offending ?? mark) ||
      /^(content-type|accept|authorization|nhsd-|nhs-|dpop$|x-(?!forwarded))/i.test(name),
  );

const bareName = ({ name }: Difference): string => name.split(': ').at(-1) ?? name;

function compared(a: Message, b: Message, usual: Set<string>): Difference[] {
  const outcome: Difference[] =
    outcomeOf(a) === outcomeOf(b)
      ? []
      : [{ kind: 'outcome', name: 'outcome', a: outcomeOf(a), b: outcomeOf(b), offending: false }];
  const [tokens, others] = [tokensOf(a), tokensOf(b)];
  const claims = fieldDifferences('parameter', claimFields(tokens, others), claimFields(others, tokens)).map(
    (difference): Difference => {
      const field = a.refusal?.field ?? b.refusal?.field;
      const isWrong =
        field !== undefined && field !== null && bareName(difference).replace('header ', '') === field;
      return { ...difference, kind: 'claim', offending: isWrong };
    },
  );
  const sent = fieldDifferences('parameter', parameters(a.request), parameters(b.request));
  const values = [
    ...sent,
    ...fieldDifferences('header', comparedHeaders(a.request), comparedHeaders(b.request)),
    ...claims.filter(({ name }) => !sent.some((parameter) => parameter.name === name)),
  ].filter((difference) => {
    if (difference.offending || !newEachTime.test(bareName(difference))) return true;
    if (difference.a === undefined || difference.b === undefined) return true;
    usual.add(bareName(difference));
    return false;
  });
  const first = values.filter(({ offending }) => offending);
  const rest = values.filter(({ offending }) => !offending);
  return [...first, ...outcome, ...rest, ...durationDifference(a, b)];
}

/** 0: has the value that caused a refusal. 1: another outcome. 2: a step without counterpart. 3: other differences. */
function rank({ a, b, differences }: ComparedStep): number {
  if (differences.some(({ offending }) => offending)) return 0;
  if (differences.some(({ kind }) => kind === 'outcome')) return 1;
  return a && b ? 3 : 2;
}

/** Compares two journeys step by step. The wrong parameter is first, then other outcomes, missing steps and values. */
export function compare(a: Pick<Journey, 'messages'>, b: Pick<Journey, 'messages'>): Comparison {
  const usual = new Set<string>();
  const all = aligned(a.messages, b.messages).map(
    ([left, right]): ComparedStep => ({
      a: left,
      b: right,
      differences: left && right ? compared(left, right, usual) : [],
    }),
  );
  const steps = all.filter(({ a, b, differences }) => !a || !b || differences.length > 0);
  return {
    steps: steps.sort((one, other) => rank(one) - rank(other)),
    equal: all.length - steps.length,
    usual: [...usual].sort(),
  };
}
