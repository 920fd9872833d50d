import type { Answer } from '@alongside/kernel/answer';
import type { JsonObject } from '@alongside/kernel/json';
import { z } from 'zod';
import type { Enrolment, EnrolmentContext } from '../../enrolment/enrolment.ts';
import { labelOf } from '../../enrolment/label.ts';
import type { Credentials } from '../../model/credentials.ts';
import { formOf } from '../../model/form.ts';
import { words } from '../../text/words.ts';
import { accountOf, passwordProblems } from '../shared/account-name.ts';
import { type FieldProblems, noAccountPage, passwordEnrolmentPage } from '../shared/account-page.ts';
import { type Account, demoHash, demoPassword, emailOf } from '../shared/accounts.ts';
import { hashPassword } from '../shared/hash.ts';
import { emailShape, type ImportedCredential, labelShape, readImport } from '../shared/import.ts';
import { passwordKind } from './sign-in.ts';

const sentences = words.secrets;
const { label, enrolmentHint } = words.ways.password;

const importShape = z.object({ label: labelShape, email: emailShape });

/** Reads an account with the password of the seed. */
function importPassword(body: JsonObject): ImportedCredential {
  const { label: name, email } = readImport(importShape, body);
  const lookup = emailOf(email) ?? '';
  const imported: Account = { email: lookup, hash: demoHash };
  return { label: labelOf(name, label), lookup, body: imported };
}

/** How a person is given a password of the development realm. */
export function passwordEnrolment({
  credentials,
  development,
}: {
  credentials: Credentials;
  development: boolean;
}): Enrolment {
  const show = async (context: EnrolmentContext, problems: FieldProblems): Promise<Answer> => {
    const account = await accountOf<Account>(credentials, passwordKind, context.person);
    if ('refused' in account) return noAccountPage(sentences.passwordTitle, account.refused, development);
    const { email } = account;
    return passwordEnrolmentPage({ action: context.path('answer'), email, problems, development });
  };

  const take = async (context: EnrolmentContext): Promise<Answer> => {
    const { request, person } = context;
    const form = formOf(request);
    const account = await accountOf<Account>(credentials, passwordKind, person);
    const password = form.get('password') ?? '';
    const problems = passwordProblems(password, form.get('repeat') ?? '', person);
    if ('refused' in account || Object.keys(problems).length > 0) return show(context, problems);
    const { email, own } = account;
    const body: Account = { email, hash: await hashPassword(password) };
    return context.complete(
      { label, lookup: email, body },
      { note: sentences.passwordAdded, spends: own.map(({ id }) => credentials.revokeStatement(id)) },
    );
  };

  return {
    kind: passwordKind,
    label,
    hint: enrolmentHint,
    level: 1,
    reveal: ({ body }) => {
      const { email, hash } = body as Account;
      return { email, ...(hash === demoHash ? { password: demoPassword } : {}) };
    },
    importCredential: importPassword,
    begin: (context) => show(context, {}),
    routes: [{ method: 'POST', path: 'answer', run: take }],
  };
}
