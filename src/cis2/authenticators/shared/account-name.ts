import type { Person } from '../../../cis/protocol.ts';
import type { Credential, Credentials } from '../../model/credentials.ts';
import { words } from '../../text/words.ts';
import type { FieldProblems } from './account-page.ts';
import { type Account, emailOf } from './accounts.ts';
import { type PasswordProblem, passwordProblem } from './rules.ts';

const sentences = words.secrets;

/** The address by which a person signs in, and what the person has under it already; or why there is none. */
export async function accountOf<Body extends Account>(
  credentials: Credentials,
  kind: string,
  person: Person,
): Promise<{ email: string; own: Credential<Body>[] } | { refused: string }> {
  // From the directory alone: nobody signs in by an address that was only typed.
  const email = emailOf(person.email);
  if (email === undefined) return { refused: sentences.noEmail };
  const found = await credentials.find<Body>(kind, email);
  if (found.some(({ uid }) => uid !== person.uid)) return { refused: sentences.taken };
  return { email, own: await credentials.of<Body>(person.uid, kind) };
}

const besides: Readonly<Record<PasswordProblem, 'password' | 'repeat'>> = {
  tooShort: 'password',
  tooLong: 'password',
  known: 'password',
  own: 'password',
  unequal: 'repeat',
};

/** What is wrong with a new password, at the field where it is. */
export function passwordProblems(password: string, repeated: string, person: Person): FieldProblems {
  const { email, givenName, familyName, uid } = person;
  const own = [email, ...email.split(/[@.]/), givenName, familyName, `${givenName}${familyName}`, uid];
  const problem = passwordProblem(password, repeated, own);
  return problem ? { [besides[problem]]: sentences.problems[problem] } : {};
}
