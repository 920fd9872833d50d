/** Returns whether text is a web origin as browsers send it (RFC 6454 section 6.2): scheme, host and port, without a path. */
export function isOrigin(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.origin === text;
}
