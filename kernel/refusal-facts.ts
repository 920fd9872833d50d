/** The fault of a request, for people. Never a secret, a token or patient data. */
export interface RefusalFacts {
  /** The parameter, claim or header that was wrong. */
  readonly field?: string;
  /** A sentence without a full stop: `The client secret is wrong`. */
  readonly headline?: string;
  /** The received value. */
  readonly received?: string;
  readonly expected?: string;
  /** The remedy with names of this installation, which are shown whole. Never with a part of the request. */
  readonly fix?: string;
}

/** Returns the stored description of a refusal with the names of its members today: earlier versions wrote `came` and `mend`. */
export function withCurrentNames<T extends object>(stored: T): T {
  const { came, mend, ...others } = stored as { came?: unknown; mend?: unknown };
  return {
    ...others,
    ...(came === undefined ? {} : { received: came }),
    ...(mend === undefined ? {} : { fix: mend }),
  } as T;
}

/** Describes a received secret: with its beginning only if that is a small part of it. */
export const shownSecret = (value: string): string =>
  value.length < 12
    ? `a secret of ${value.length} characters`
    : `a secret that begins with ${value.slice(0, 4)}, ${value.length} characters`;

const longest = 200;
const maxShown = 5;

const cut = (text: string): string => (text.length > longest ? `${text.slice(0, longest)}…` : text);

/** Counts the single-character edits from one text to another (Levenshtein distance). The caller limits their length. */
export function edits(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++)
      current.push(
        Math.min(
          (previous[column] ?? 0) + 1,
          (current[column - 1] ?? 0) + 1,
          (previous[column - 1] ?? 0) + (from[row - 1] === to[column - 1] ? 0 : 1),
        ),
      );
    previous = current;
  }
  return previous[to.length] ?? 0;
}

/** Lists registered values, the one nearest to the received one first and marked. */
export function shownRegistered(received: string, registered: readonly string[]): string {
  if (registered.length === 0) return 'none is registered';
  const distances = registered
    .slice(0, 50)
    .map((value) => ({ value, distance: edits(received.slice(0, longest), value.slice(0, longest)) }))
    .toSorted((one, other) => one.distance - other.distance);
  const shown = distances.slice(0, maxShown).map(({ value }) => cut(value));
  const more = registered.length - shown.length;
  const [nearest, ...others] = shown;
  const first = others.length > 0 ? `${nearest} (the nearest)` : nearest;
  return [first, ...others, ...(more > 0 ? [`${more} more`] : [])].join(', ');
}

/** Describes a `redirect_uri` that is not one of the registered ones. */
export const unregistered = (
  received: string,
  registered: readonly string[],
): Required<Omit<RefusalFacts, 'fix'>> => ({
  field: 'redirect_uri',
  headline: 'redirect_uri is not registered',
  received: cut(received),
  expected: shownRegistered(received, registered),
});
