/** Shortest password, in characters: longer than the eight of NIST SP 800-63B section 5.1.1.2. */
const shortestPassword = 12;
/** Longest password, in characters. */
const longestPassword = 128;
/** The most UTF-16 code units that a password of that length is written in, in any normalisation form. */
const longestWritten = 8 * longestPassword;

/** Passwords of that length that people choose all the same, in lower case and without anything but letters and digits. */
const known: ReadonlySet<string> = new Set([
  'password1234',
  'passwordpassword',
  'letmeinletmein',
  'letmeinplease',
  'welcome12345',
  'welcomewelcome',
  'changeme1234',
  'changemenow1',
  'administrator',
  'administrator1',
  'iloveyou1234',
  'trustno1trustno1',
  'superman1234',
  'football1234',
  'liverpool123',
  'manchester123',
  'correcthorsebatterystaple',
  'qwertyuiop12',
  'qwertyuiopas',
  'qwerty123456',
  '1q2w3e4r5t6y',
  'q1w2e3r4t5y6',
  'abcdefghijkl',
  'abcd12345678',
  'abc123abc123',
  'summer202512',
  'winter202612',
  'hospital1234',
  'nursenurse12',
  'doctordoctor',
  'smartcard123',
  'careidentity',
]);

const plain = (text: string): string => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');

/** Whether the characters begin with a piece of this size at least twice, and end at most three characters later. */
function isRepeated(all: readonly string[], size: number): boolean {
  const other = all.findIndex((char, index) => char !== all[index % size]);
  const times = Math.floor((other < 0 ? all.length : other) / size);
  return times >= 2 && all.length - times * size <= 3;
}

/** A short piece again and again, or characters one after the other. */
const isPattern = (all: readonly string[]): boolean =>
  [1, 2, 3, 4].some((size) => isRepeated(all, size)) ||
  all.every((char, index) => {
    const step = index === 0 ? 1 : (char.codePointAt(0) ?? 0) - (all[index - 1]?.codePointAt(0) ?? 0);
    return step === 1 || step === -9;
  });

/** Why a new password does not do. */
export type PasswordProblem = 'tooShort' | 'tooLong' | 'known' | 'own' | 'unequal';

/**
 * What is wrong with a new password, if anything (NIST SP 800-63B section 5.1.1.2: length and a list, no rules of composition).
 * @param own words that others know of the person, such as the name and the e-mail address.
 */
export function passwordProblem(
  password: string,
  repeated: string,
  own: readonly string[],
): PasswordProblem | undefined {
  if (password.length > longestWritten) return 'tooLong';
  if (repeated.length > longestWritten) return 'unequal';
  const normal = password.normalize('NFC');
  const count = [...normal].length;
  if (count < shortestPassword) return 'tooShort';
  if (count > longestPassword) return 'tooLong';
  const text = plain(normal);
  if (known.has(text) || isPattern([...text])) return 'known';
  const left = own
    .map(plain)
    .filter((word) => word.length > 3)
    .sort((a, b) => b.length - a.length)
    .reduce((rest, word) => rest.replaceAll(word, ''), text);
  if (left.length < text.length && left.length < shortestPassword / 2) return 'own';
  return normal === repeated.normalize('NFC') ? undefined : 'unequal';
}
