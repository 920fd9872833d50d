const loopback = /^http:\/\/(127\.0\.0\.1|\[::1\])(?::([1-9]\d{0,4}))?(\/[^#]*)?$/;

/** An address on a loopback literal without its port: what a native application may not change. */
function withoutPort(uri: string): string | undefined {
  const [, host, port = '80', path = ''] = loopback.exec(uri) ?? [];
  return host === undefined || Number(port) > 65_535 ? undefined : `${host} ${path}`;
}

/**
 * Whether an address is one that was registered: byte for byte, never normalised (RFC 9700 section 2.1).
 * A native application may choose the port on a loopback literal (RFC 8252 section 7.3).
 */
export function redirectFits(registered: readonly string[], native: boolean, uri: string): boolean {
  if (registered.includes(uri)) return true;
  const asked = native ? withoutPort(uri) : undefined;
  return asked !== undefined && registered.some((candidate) => withoutPort(candidate) === asked);
}
