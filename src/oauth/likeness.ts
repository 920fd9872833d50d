const defaultPort = /^(https:\/\/[^/:]+):443(?=\/|$)/;

/**
 * Why two addresses that look alike are not the same: the explicit default port that the published issuer has and that libraries
 * take away, and the slash at the end. Undefined when it is nothing of the kind.
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

/** A sentence about two values that had to be the same, for the log. */
export function unlike(what: string, received: unknown, expected: string): string {
  const hint = likeness(received, expected);
  const shown =
    typeof received === 'string' ? received.slice(0, 500) : (JSON.stringify(received) ?? 'missing');
  return `${what} is ${shown}, ${expected} was expected${hint ? `; ${hint}` : ''}`;
}
