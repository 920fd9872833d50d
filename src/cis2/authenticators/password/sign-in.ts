import type { Answer } from '@alongside/kernel/answer';
import { html } from '@alongside/kernel/html';
import { callerNetwork } from '@alongside/kernel/networks';
import { check, type Passed, steps } from '@alongside/kernel/steps';
import type { Parameters } from '../../../oauth/parameters.ts';
import type { Credential } from '../../model/credentials.ts';
import { interactionPath, isSilent } from '../../model/interactions.ts';
import { nameOnPages } from '../../model/relying-party.ts';
import { askingPage, field } from '../../pages/frame.ts';
import { formOf } from '../../responses/own-form.ts';
import type { AuthenticationContext, Authenticator } from '../../sign-in/authenticator.ts';
import { noteRefusedSignIn } from '../../sign-in/complete-sign-in.ts';
import type { InteractionContext } from '../../sign-in/open.ts';
import { filled, words } from '../../text/words.ts';
import type { AuthenticatorDependencies } from '../kind.ts';
import { type Account, accountName, claimAccount } from '../shared/accounts.ts';
import { local } from '../shared/local.ts';
import type { Tries } from '../shared/tries.ts';
import { passwordText as text } from './text.ts';

export const passwordKind = 'password';

interface PasswordDependencies extends AuthenticatorDependencies {
  guesses: Tries;
}

interface PasswordCall extends InteractionContext {
  password: PasswordDependencies;
}

interface WithForm extends PasswordCall {
  form: Parameters;
  name: string;
}

export const passwordStrength = { level: 1 as const, methods: ['USERPASS'] };

const { common } = words;

/** Asks for user name and password, like the development realm of the published service. */
const passwordPage = (
  { interaction, client }: Pick<AuthenticationContext, 'interaction' | 'client'>,
  { development }: PasswordDependencies,
  problem = '',
): Answer =>
  askingPage(problem ? 400 : 200, {
    title: text.title,
    development,
    main: html`<p class="lead">${filled(common.signingIn, { application: nameOnPages(client, interaction) })}</p>
<p class="quiet">${text.lead}</p>
${problem ? html`<p class="error" role="alert">${problem}</p>` : undefined}
<form method="post" action="${interactionPath(interaction.id, 'password/answer')}">
${field({ name: 'username', label: text.name, hint: text.nameHint, type: 'text', autocomplete: 'username', longest: 254 })}
${field({ name: 'password', label: text.password, type: 'password', autocomplete: 'current-password', longest: 1024 })}
<div class="actions"><button>${text.next}</button></div>
</form>
<p><a href="${interactionPath(interaction.id)}">${common.otherWay}</a></p>`,
  });

/** Shows the page again. The reason goes to the log only. */
function refuse(call: PasswordCall, problem: string, reason: string): Answer {
  noteRefusedSignIn(call.password, call, passwordKind, reason);
  return passwordPage(call, call.password, problem);
}

async function readForm({ request }: PasswordCall) {
  const form = formOf(request);
  return { form, name: accountName(form.get('username')) };
}

const checkGuesses = check('guesses', async function checkGuesses(call: WithForm) {
  const taken = await call.password.guesses.take(call.name);
  return taken === undefined ? refuse(call, text.locked, 'too many consecutive wrong tries') : undefined;
});

const checkPassword = check('password', async function checkPassword(call: WithForm) {
  const { password, request, form, name } = call;
  const credential = await claimAccount<Account>(
    password.credentials,
    passwordKind,
    name,
    form.get('password'),
    `network ${callerNetwork(request.address)}`,
  );
  return credential ? { credential } : refuse(call, text.wrong, 'the name or the password is wrong');
});

function finish(
  call: WithForm & { credential: Credential<Account> } & Passed<'guesses' | 'password'>,
): Promise<Answer> {
  const { password, credential, name } = call;
  const { id, uid } = credential;
  const result = { authenticator: passwordKind, uid, ...passwordStrength, credentialId: id };
  return password.completeSignIn(call, result, [
    password.credentials.useStatement(credential),
    password.guesses.forgetStatement(name),
  ]);
}

const answerSteps = steps<PasswordCall>('cis2.password-answer')
  .step(readForm)
  .step(checkGuesses)
  .step(checkPassword)
  .step(finish);

/** A password alone, in the development realm. Throws outside development. */
export function passwordAuthenticator(password: PasswordDependencies): Authenticator {
  const { credentials, development } = password;
  if (!development) throw new Error('A password alone signs in only in development.');
  return {
    ...local(passwordKind, credentials),
    label: text.label,
    hint: text.hint,
    offers: [passwordStrength],
    begin: async (context) => passwordPage(context, password),
    // The realm does not offer another authenticator.
    goesStraight: async (_request, _client, authorization) => !isSilent(authorization),
    routes: [{ method: 'POST', path: 'answer', run: (context) => answerSteps.run({ ...context, password }) }],
  };
}
