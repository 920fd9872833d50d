import type { Answer } from '@alongside/kernel/answer';
import type { Recorder } from '@alongside/kernel/events';
import { html } from '@alongside/kernel/html';
import type { Log } from '@alongside/kernel/log';
import { callerNetwork } from '@alongside/kernel/networks';
import { steps } from '@alongside/kernel/steps';
import type { Parameters } from '../../../oauth/parameters.ts';
import type { AuditLog } from '../../../storage/audit.ts';
import { isSilent } from '../../model/authorization-request.ts';
import type { Credential, Credentials } from '../../model/credentials.ts';
import { formOf } from '../../model/form.ts';
import { type Interaction, interactionPath } from '../../model/interactions.ts';
import { field } from '../../pages/field.ts';
import { askingPage } from '../../pages/frame.ts';
import type { Authenticator } from '../../sign-in/authenticator.ts';
import type { CompleteSignIn } from '../../sign-in/complete-sign-in.ts';
import type { InteractionContext } from '../../sign-in/open.ts';
import { noteRefusedSignIn } from '../../sign-in/refused.ts';
import { filled } from '../../text/filled.ts';
import { words } from '../../text/words.ts';
import { type Account, accountName, claimAccount } from '../shared/accounts.ts';
import { local } from '../shared/local.ts';
import type { Tries } from '../shared/tries.ts';

const { password: says, common } = words;

/** User name and password, as the development realm of the published service asks for them. */
const passwordPage = (
  interaction: Interaction,
  applicationName: string,
  problem: string,
  development: boolean,
): Answer =>
  askingPage(problem ? 400 : 200, {
    title: says.title,
    development,
    main: html`<p class="lead">${filled(common.signingIn, { application: applicationName })}</p>
<p class="quiet">${says.lead}</p>
${problem ? html`<p class="error" role="alert">${problem}</p>` : undefined}
<form method="post" action="${interactionPath(interaction.id, 'password/answer')}">
${field({ name: 'username', label: says.name, hint: says.nameHint, type: 'text', autocomplete: 'username', longest: 254 })}
${field({ name: 'password', label: says.password, type: 'password', autocomplete: 'current-password', longest: 1024 })}
<div class="actions"><button>${says.next}</button></div>
</form>
<p><a href="${interactionPath(interaction.id)}">${common.otherWay}</a></p>`,
  });

export const passwordKind = 'password';

interface Parts {
  credentials: Credentials;
  guesses: Tries;
  audit: AuditLog;
  recorder: Recorder;
  log: Log;
  completeSignIn: CompleteSignIn;
  development: boolean;
}

interface WithForm extends InteractionContext {
  form: Parameters;
  name: string;
}

/** Level 1, by a password. */
export const passwordStrength = { level: 1 as const, methods: ['USERPASS'] };
const sentences = words.password;

function again(parts: Parts, context: InteractionContext, problem: string, detail: string): Answer {
  noteRefusedSignIn(parts, context, passwordKind, detail);
  const { interaction, client } = context;
  return passwordPage(interaction, client.application.name, problem, parts.development);
}

async function readForm({ request }: InteractionContext): Promise<Pick<WithForm, 'form' | 'name'>> {
  const form = formOf(request);
  return { form, name: accountName(form.get('username')) };
}

const takeGuess = (parts: Parts) =>
  async function takeGuess(known: WithForm): Promise<Answer | undefined> {
    const taken = await parts.guesses.take(known.name);
    return taken === undefined
      ? again(parts, known, sentences.locked, 'too many wrong tries in a row')
      : undefined;
  };

const checkPassword = (parts: Parts) =>
  async function checkPassword(known: WithForm): Promise<Answer | { credential: Credential<Account> }> {
    const { credentials } = parts;
    const credential = await claimAccount<Account>(
      credentials,
      passwordKind,
      known.name,
      known.form.get('password'),
      `network ${callerNetwork(known.request.address)}`,
    );
    return credential ? { credential } : again(parts, known, sentences.wrong, 'not the name or the password');
  };

const finish = ({ credentials, guesses, completeSignIn }: Parts) =>
  async function finish(known: WithForm & { credential: Credential<Account> }): Promise<Answer> {
    const { id, uid } = known.credential;
    const result = { authenticator: passwordKind, uid, ...passwordStrength, credentialId: id };
    return completeSignIn(known, result, [
      credentials.useStatement(known.credential),
      guesses.forgetStatement(known.name),
    ]);
  };

/** A password alone, assurance level 1: for the development realm, never beside anything else. */
export function password(parts: Parts): Authenticator {
  if (!parts.development) throw new Error('A password alone signs nobody in outside development.');
  const answer = steps<InteractionContext>()
    .step(readForm)
    .step(takeGuess(parts))
    .step(checkPassword(parts))
    .step(finish(parts));
  return {
    ...local(parts.credentials),
    id: passwordKind,
    label: words.ways.password.label,
    hint: words.ways.password.hint,
    offers: [passwordStrength],
    begin: async ({ interaction, client }) =>
      passwordPage(interaction, client.application.name, '', parts.development),
    // The only way of its realm needs no choice.
    goesStraight: async (_request, _client, authorization) => !isSilent(authorization),
    usableBy: async (uid) => (await parts.credentials.of(uid, passwordKind)).length > 0,
    routes: [{ method: 'POST', path: 'answer', run: (context) => answer.run(context) }],
  };
}
