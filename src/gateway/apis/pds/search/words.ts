/** Normalises names for comparison: lower case without accents, single spaces. */
export const fold = (value: string): string =>
  value.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().replace(/\s+/g, ' ').trim();

/** Normalises postcodes and telephone numbers for comparison: no spaces. */
export const dense = (value: string): string => fold(value).replaceAll(' ', '');

/** Returns whether a value matches a pattern, in which `*` means any letters. */
export function fits(asked: string, value: string): boolean {
  const [head = '', ...rest] = asked.split('*');
  if (rest.length === 0) return asked === value;
  if (!value.startsWith(head)) return false;
  let at = head.length;
  const tail = rest.pop() ?? '';
  for (const part of rest) {
    const found = value.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return value.length - at >= tail.length && value.endsWith(tail);
}

const classes: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries({ bfpv: '1', cgjkqsxz: '2', dt: '3', l: '4', mn: '5', r: '6' }).flatMap(([letters, digit]) =>
    [...letters].map((letter) => [letter, digit]),
  ),
);

/** Returns the American Soundex of a folded name: a letter and three digits; empty without letters. */
export function soundex(name: string): string {
  const letters = [...name].filter((letter) => letter >= 'a' && letter <= 'z');
  const [first] = letters;
  if (first === undefined) return '';
  let code = '';
  let before = classes[first] ?? '';
  for (const letter of letters.slice(1)) {
    const digit = classes[letter] ?? '';
    if (digit !== '' && digit !== before) code += digit;
    // h and w do not separate two letters of one class; a vowel does.
    if (letter !== 'h' && letter !== 'w') before = digit;
  }
  return (first.toUpperCase() + code).padEnd(4, '0').slice(0, 4);
}
