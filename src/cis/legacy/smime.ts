const longest = 24_576;
const headerLine = /^([A-Za-z-]{1,64}):(.{0,200})$/;

/** Decodes canonical base64 with optional white space. Throws for other text. */
export function decodeBase64(text: string): Buffer {
  const compact = text.replace(/[\s]+/g, '');
  const bytes = Buffer.from(compact, 'base64');
  if (compact === '' || bytes.toString('base64') !== compact) throw new Error('it is not base64');
  return bytes;
}

/**
 * Parses the `response` of a card: base64 of a MIME header and a CMS message, which is base64 too. Published clients indent the
 * header lines. The header must have `application/x-pkcs7-mime` and `base64`. Returns DER.
 */
export function parseSmime(response: string): Buffer {
  if (response.length > longest) throw new Error(`it has more than ${longest} characters`);
  const lines = decodeBase64(response)
    .toString('latin1')
    .split(/\r?\n/)
    .map((line) => line.trim());
  const headers = new Map<string, string>();
  let at = 0;
  for (; at < lines.length; at++) {
    const line = lines[at] ?? '';
    if (line === '') {
      if (headers.size > 0) break;
      continue;
    }
    const [, name = '', value = ''] = headerLine.exec(line) ?? [];
    if (name === '' || headers.has(name.toLowerCase())) throw new Error('its header is malformed');
    headers.set(name.toLowerCase(), value.trim());
  }
  const type = (headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/x-pkcs7-mime' && type !== 'application/pkcs7-mime')
    throw new Error('its content type is not allowed');
  if (headers.get('content-transfer-encoding')?.toLowerCase() !== 'base64')
    throw new Error('its transfer encoding is not base64');
  return decodeBase64(lines.slice(at).join(''));
}
