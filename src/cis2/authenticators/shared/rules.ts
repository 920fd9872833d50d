import type { Person } from '../../../cis/protocol.ts';
import type { FieldProblems } from './account-page.ts';
import { isCommon } from './common-passwords.ts';
import { accountText } from './text.ts';

/** Characters; NIST SP 800-63B section 5.1.1.2 requires eight. */
const minPasswordLength = 12;
const maxPasswordLength = 128;
/** The most UTF-16 code units of a password of that length, in any normalisation form. */
const maxWrittenLength = 8 * maxPasswordLength;

/** Passwords that are common here, beside those of `isCommon`; in lower case, letters and digits only. */
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

/** Returns whether a piece of this size repeats from the start and at most three characters follow. */
function isRepeated(all: readonly string[], size: number): boolean {
  const other = all.findIndex((char, index) => char !== all[index % size]);
  const times = Math.floor((other < 0 ? all.length : other) / size);
  return times >= 2 && all.length - times * size <= 3;
}

/** Returns whether the characters repeat a short piece or are a sequence. */
const isPattern = (all: readonly string[]): boolean =>
  [1, 2, 3, 4].some((size) => isRepeated(all, size)) ||
  all.every((char, index) => {
    const step = index === 0 ? 1 : (char.codePointAt(0) ?? 0) - (all[index - 1]?.codePointAt(0) ?? 0);
    return step === 1 || step === -9;
  });

/** Why a new password is refused. */
export type PasswordProblem = 'tooShort' | 'tooLong' | 'known' | 'own' | 'unequal';

/**
 * Returns why a new password is refused. Checks the length and a list, not the composition (NIST SP 800-63B section 5.1.1.2).
 * @param own words that others know about the user, such as the name and the e-mail address.
 */
export function passwordProblem(
  password: string,
  repeated: string,
  own: readonly string[],
): PasswordProblem | undefined {
  if (password.length > maxWrittenLength) return 'tooLong';
  if (repeated.length > maxWrittenLength) return 'unequal';
  const normal = password.normalize('NFC');
  const count = [...normal].length;
  if (count < minPasswordLength) return 'tooShort';
  if (count > maxPasswordLength) return 'tooLong';
  const text = plain(normal);
  if (known.has(text) || isCommon(text) || isPattern([...text])) return 'known';
  const left = own
    .map(plain)
    .filter((word) => word.length > 3)
    .sort((a, b) => b.length - a.length)
    .reduce((rest, word) => rest.replaceAll(word, ''), text);
  if (left.length < text.length && left.length < minPasswordLength / 2) return 'own';
  return normal === repeated.normalize('NFC') ? undefined : 'unequal';
}

const fieldOf: Readonly<Record<PasswordProblem, 'password' | 'repeat'>> = {
  tooShort: 'password',
  tooLong: 'password',
  known: 'password',
  own: 'password',
  unequal: 'repeat',
};

/** Returns the problem of a user's new password, by the field that has it. */
export function passwordProblems(password: string, repeated: string, person: Person): FieldProblems {
  const { email, givenName, familyName, uid } = person;
  const own = [email, ...email.split(/[@.]/), givenName, familyName, `${givenName}${familyName}`, uid];
  const problem = passwordProblem(password, repeated, own);
  return problem ? { [fieldOf[problem]]: accountText.problems[problem] } : {};
}
