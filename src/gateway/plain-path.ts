/** Layers of percent-encoding that are read. Servers and proxies in a row decode twice at most. */
const maxLayers = 4;

/** Decodes the characters of ASCII once, as lenient servers do: a damaged escape stays as it is. */
const decodedOnce = (text: string): string =>
  text.replace(/%([0-7][0-9a-f])/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));

/** A backslash, a control character, an overlong form of UTF-8 (RFC 3629 section 3), or the escape of IIS. */
const unfit = /[\\\p{Cc}]|%c[01]|%u[0-9a-f]{4}/iu;

/** A dot segment (RFC 3986 section 5.2.4), also before blanks, which Windows ignores, or before the parameters of a servlet. */
const dotSegment = /(?:^|\/)\.{1,2} *(?:[/;]|$)/;

/** An encoded slash next to a dot, which a server may decode into the end of a segment of another path. */
const slashNextToDot = /%2f\.|\.%2f/i;

/**
 * Returns whether every server reads a path as the gateway does, however often it decodes it: without dot segments, backslashes,
 * control characters, encoded slashes next to dots, and without more layers of encoding than the gateway reads.
 */
export function isPlainPath(path: string): boolean {
  let text = path;
  for (let layer = 0; layer <= maxLayers; layer++) {
    if (unfit.test(text) || dotSegment.test(text)) return false;
    if (slashNextToDot.test(text.replace(/%2e/gi, '.'))) return false;
    const next = decodedOnce(text);
    if (next === text) return true;
    text = next;
  }
  return false;
}
