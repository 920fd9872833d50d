import type { Cis2Half } from '../oauth/applications.ts';

const loopback = /^http:\/\/(127\.0\.0\.1|\[::1\])(?::([1-9]\d{0,4}))?(\/[^#]*)?$/;

/** The registered address on a loopback literal without its port: what a native application may not change. */
function withoutPort(uri: string): string | undefined {
  const parts = loopback.exec(uri);
  if (!parts || Number(parts[2] ?? 80) > 65_535) return undefined;
  return `${parts[1]} ${parts[3] ?? ''}`;
}

/**
 * Whether an address is one that the client registered: byte for byte, never normalised (RFC 9700 section 2.1).
 * A native application may choose the port on a loopback literal (RFC 8252 section 7.3).
 */
export function isRegisteredRedirect(client: Cis2Half, uri: string): boolean {
  if (client.redirectUris.includes(uri)) return true;
  if (client.applicationType !== 'native') return false;
  const asked = withoutPort(uri);
  return asked !== undefined && client.redirectUris.some((registered) => withoutPort(registered) === asked);
}
