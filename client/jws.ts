import { base64url } from './secrets.ts';

/** Signs the bytes of a JWS. */
export type Signer = (bytes: Uint8Array<ArrayBuffer>) => Promise<Uint8Array>;

/** Returns a JWS in the compact form. // RFC 7515 section 7.1 */
export async function compactJws(header: object, claims: object, sign: Signer): Promise<string> {
  const utf8 = new TextEncoder();
  const encoded = (part: object) => base64url(utf8.encode(JSON.stringify(part)));
  const signed = `${encoded(header)}.${encoded(claims)}`;
  return `${signed}.${base64url(await sign(utf8.encode(signed)))}`;
}
