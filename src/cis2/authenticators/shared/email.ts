const longest = 254;
// Letters of any script, none that a mail header or a page could stumble over; the domain in ASCII or already in punycode.
const shape = /^[^\s@<>()[\],;:\\"\p{C}]{1,64}@[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/u;

/** An e-mail address as accounts are found by it: trimmed, in lower case and composed. Undefined when it is none. */
export function emailOf(text: string | undefined): string | undefined {
  if (text === undefined || text.length > longest) return undefined;
  const email = text.trim().normalize('NFC').toLowerCase();
  return email.length <= longest && shape.test(email) && !/\.\.|-\.|\.-/.test(email.split('@')[1] ?? '')
    ? email
    : undefined;
}
