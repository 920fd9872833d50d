import type { Answer } from '@alongside/kernel/answer';
import type { JsonObject } from '@alongside/kernel/json';
import { z } from 'zod';
import { type Enrolment, type EnrolmentContext, labelOf } from '../../enrolment/enrolment.ts';
import type { Credentials } from '../../model/credentials.ts';
import { formOf } from '../../responses/own-form.ts';
import { accountPage, type FieldProblems, noAccountPage } from '../shared/account-page.ts';
import { type Account, accountOf, demoHash, demoPassword, emailOf } from '../shared/accounts.ts';
import { hashPassword } from '../shared/hash.ts';
import { emailShape, type ImportedCredential, labelShape, readImport } from '../shared/import.ts';
import { passwordProblems } from '../shared/rules.ts';
import { passwordKind } from './sign-in.ts';
import { passwordText as text } from './text.ts';

const { label } = text;

const importShape = z.object({ label: labelShape, email: emailShape });

/** Reads an account with the password of the seed. */
function importPassword(body: JsonObject): ImportedCredential {
  const { label: name, email } = readImport(importShape, body);
  const lookup = emailOf(email) ?? '';
  const imported: Account = { email: lookup, hash: demoHash };
  return { label: labelOf(name, label), lookup, body: imported };
}

/** Creates the enrolment of a password for the development realm. */
export function passwordEnrolment({
  credentials,
  development,
}: {
  credentials: Credentials;
  development: boolean;
}): Enrolment {
  const show = async (context: EnrolmentContext, problems: FieldProblems): Promise<Answer> => {
    const account = await accountOf<Account>(credentials, passwordKind, context.person);
    if ('refused' in account) return noAccountPage(text.enrolmentTitle, account.refused, development);
    const page = { action: context.path('answer'), email: account.email, problems, development };
    return accountPage(page, text.enrolmentTitle);
  };

  const takeForm = async (context: EnrolmentContext): Promise<Answer> => {
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
      { note: text.added, spends: own.map(({ id }) => credentials.revokeStatement(id)) },
    );
  };

  return {
    kind: passwordKind,
    label,
    hint: text.enrolmentHint,
    level: 1,
    reveal: ({ body }) => {
      const { email, hash } = body as Account;
      return { email, ...(hash === demoHash ? { password: demoPassword } : {}) };
    },
    importCredential: importPassword,
    begin: (context) => show(context, {}),
    routes: [{ method: 'POST', path: 'answer', run: takeForm }],
  };
}
