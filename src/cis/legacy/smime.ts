const longest = 24_576;
const headerLine = /^([A-Za-z-]{1,64}):(.{0,200})$/;

/** Canonical base64 without blanks; throws for everything else. */
export function decodeBase64(text: string): Buffer {
  const compact = text.replace(/[\s]+/g, '');
  const bytes = Buffer.from(compact, 'base64');
  if (compact === '' || bytes.toString('base64') !== compact) throw new Error('it is not base64');
  return bytes;
}

/**
 * Reads the `response` of a card: base64 of a MIME header and of the base64 of a CMS message. Published clients indent the header
 * lines; the header says `application/x-pkcs7-mime` and `base64`. Throws for everything else. The answer is DER.
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
    if (name === '' || headers.has(name.toLowerCase())) throw new Error('its header is none');
    headers.set(name.toLowerCase(), value.trim());
  }
  const type = (headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/x-pkcs7-mime' && type !== 'application/pkcs7-mime')
    throw new Error('its header names another content');
  if (headers.get('content-transfer-encoding')?.toLowerCase() !== 'base64')
    throw new Error('its header names another encoding');
  return decodeBase64(lines.slice(at).join(''));
}
