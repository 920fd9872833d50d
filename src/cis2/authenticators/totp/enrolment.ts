import type { Answer } from '@alongside/kernel/answer';
import type { JsonObject } from '@alongside/kernel/json';
import { z } from 'zod';
import { type Enrolment, type EnrolmentContext, labelOf } from '../../enrolment/enrolment.ts';
import { formOf } from '../../responses/own-form.ts';
import { filled, words } from '../../text/words.ts';
import type { AuthenticatorDependencies } from '../kind.ts';
import { type FieldProblems, noAccountPage } from '../shared/account-page.ts';
import { accountOf, demoHash, demoPassword, emailOf } from '../shared/accounts.ts';
import { hashPassword } from '../shared/hash.ts';
import { emailShape, type ImportedCredential, labelShape, readImport } from '../shared/import.ts';
import { passwordProblems } from '../shared/rules.ts';
import { codeOf, keyUri, newSecret, stepOf } from './codes.ts';
import { totpEnrolmentPage } from './page.ts';
import { type TotpBody, totpKind } from './sign-in.ts';
import { totpText } from './text.ts';

const { label, enrolmentHint, enrolment: text } = totpText;
const uriOf = (secret: string, email: string): string =>
  keyUri(secret, email, filled(text.issuer, { service: words.serviceName }));

const importShape = z.object({
  label: labelShape,
  email: emailShape,
  secret: z
    .string()
    .regex(/^[A-Z2-7]{16,64}$/, 'must be base32, 16 to 64 characters')
    .optional(),
});

/** Reads an authenticator app with the password of the seed. Generates a secret if the body omits it. */
function importTotp(body: JsonObject): ImportedCredential {
  const { label: name, email, secret = newSecret() } = readImport(importShape, body);
  const lookup = emailOf(email) ?? '';
  const imported: TotpBody = { email: lookup, hash: demoHash, lastStep: null };
  return { label: labelOf(name, label), lookup, body: imported, secret };
}

/** Creates the enrolment of an app, with its key and a password. */
export function totpEnrolment({ clock, credentials, development }: AuthenticatorDependencies): Enrolment {
  const open = (person: EnrolmentContext['person']) => accountOf<TotpBody>(credentials, totpKind, person);

  const show = async (context: EnrolmentContext, problems: FieldProblems): Promise<Answer> => {
    const account = await open(context.person);
    if ('refused' in account) return noAccountPage(text.title, account.refused, development);
    const secret = context.pending.kept ?? newSecret();
    if (context.pending.kept === null) await context.keep(secret);
    const { email, own } = account;
    return totpEnrolmentPage(
      { action: context.path('answer'), email, problems, development },
      { secret, uri: uriOf(secret, email), replaces: own.length > 0 },
    );
  };

  const takeForm = async (context: EnrolmentContext): Promise<Answer> => {
    const { request, pending, person } = context;
    const form = formOf(request);
    const secret = pending.kept;
    const account = await open(person);
    if (secret === null || 'refused' in account) return show(context, {});
    const password = form.get('password') ?? '';
    const lastStep = stepOf(secret, codeOf(form.get('code')) ?? '', clock.now(), null);
    const problems: FieldProblems = {
      ...passwordProblems(password, form.get('repeat') ?? '', person),
      ...(lastStep === undefined ? { code: text.wrongCode } : {}),
    };
    if (lastStep === undefined || Object.keys(problems).length > 0) return show(context, problems);
    // The code of the set-up is used, so it cannot sign in.
    const body: TotpBody = { email: account.email, hash: await hashPassword(password), lastStep };
    return context.complete(
      { label, lookup: account.email, body, secret },
      { note: text.added, spends: account.own.map(({ id }) => credentials.revokeStatement(id)) },
    );
  };

  return {
    kind: totpKind,
    label,
    hint: enrolmentHint,
    level: 2,
    reveal: ({ body }, secret) => {
      if (secret === undefined) return {};
      const { email, hash } = body as TotpBody;
      return {
        email,
        secret,
        uri: uriOf(secret, email),
        ...(hash === demoHash ? { password: demoPassword } : {}),
      };
    },
    importCredential: importTotp,
    begin: (context) => show(context, {}),
    routes: [{ method: 'POST', path: 'answer', run: takeForm }],
  };
}
