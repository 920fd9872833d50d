import type { Answer } from '@alongside/kernel/answer';
import { uuid } from '@alongside/kernel/ids';
import { check, type Passed, steps } from '@alongside/kernel/steps';
import { z } from 'zod';
import type { Statement } from '../../../storage/database.ts';
import type { Credential } from '../../model/credentials.ts';
import { nameOnPages } from '../../model/relying-party.ts';
import { formOf } from '../../responses/own-form.ts';
import type { AuthenticationContext, Authenticator } from '../../sign-in/authenticator.ts';
import { noteRefusedSignIn } from '../../sign-in/complete-sign-in.ts';
import type { InteractionContext } from '../../sign-in/open.ts';
import type { AuthenticatorDependencies } from '../kind.ts';
import { type Account, accountName, claimAccount, emailOf } from '../shared/accounts.ts';
import { local } from '../shared/local.ts';
import { codeOf, stepOf } from './codes.ts';
import { type GuessTarget, guessesInDay, type TotpGuesses } from './guesses.ts';
import type { KnownBrowsers } from './known-browsers.ts';
import { totpCodePage, totpPasswordPage } from './page.ts';
import { totpText as text } from './text.ts';

export const totpKind = 'totp';

/** The stored part of an authenticator app, next to its sealed secret. */
export interface TotpBody extends Account {
  /** Number of the step of the last used code; null before the first use. */
  lastStep: number | null;
}

interface TotpDependencies extends AuthenticatorDependencies {
  guesses: TotpGuesses;
  known: KnownBrowsers;
}

interface TotpCall extends InteractionContext {
  totp: TotpDependencies;
}

interface WithCode extends TotpCall {
  /** The sealed state of the password page. */
  sealed: string;
  target: GuessTarget;
  code: string | undefined;
}

interface Verified extends WithCode {
  credential: Credential<TotpBody>;
  usedStep: number;
}

export const totpStrength = { level: 2 as const, methods: ['TOTP'] };

/** Takes the place of a missing secret: as much work, and never right. */
const noSecret = 'A'.repeat(32);

const purpose = 'cis2-totp-step';
/** Milliseconds between the password and the code. */
const sealLifetime = 300_000;
const maxSealedLength = 4_096;

const sealedShape = z.object({
  name: z.string(),
  credentialId: z.string(),
  interactionId: z.string(),
  expiresAt: z.number(),
});

/** Seals the target for the page of one interaction, so that its user can neither read nor change it. */
const seal = ({ totp: { vault, clock }, interaction }: TotpCall, target: GuessTarget): string =>
  vault.seal(
    purpose,
    JSON.stringify({
      ...target,
      interactionId: interaction.id,
      expiresAt: clock.now() + sealLifetime,
    } satisfies z.infer<typeof sealedShape>),
  );

/** Returns undefined if the text was changed, has expired, or belongs to another interaction. */
function open({ totp: { vault, clock }, interaction }: TotpCall, sealed: string): GuessTarget | undefined {
  if (sealed.length > maxSealedLength) return undefined;
  try {
    const { interactionId, expiresAt, ...target } = sealedShape.parse(
      JSON.parse(vault.open(purpose, sealed)),
    );
    return interactionId === interaction.id && clock.now() < expiresAt ? target : undefined;
  } catch {
    return undefined;
  }
}

const pageOf = (
  { development }: TotpDependencies,
  { interaction, client }: Pick<AuthenticationContext, 'interaction' | 'client'>,
  problem = '',
) => ({ interaction, applicationName: nameOnPages(client, interaction), problem, development });

/** Shows the first page, with the address that the application suggests, if it is one. */
const showPasswordPage = (
  totp: TotpDependencies,
  context: Pick<AuthenticationContext, 'interaction' | 'client'>,
  problem = '',
): Answer =>
  totpPasswordPage(
    pageOf(totp, context, problem),
    emailOf(context.interaction.authorization.loginHint ?? undefined) ?? '',
  );

/** Shows the page of the code again. The reason goes to the log only. */
function refuse(call: TotpCall & { sealed: string }, problem: string, reason: string): Answer {
  noteRefusedSignIn(call.totp, call, totpKind, reason);
  return totpCodePage(pageOf(call.totp, call, problem), call.sealed);
}

/** Asks for the code after a wrong password too, so the page does not show whether the password was right. */
async function takePassword(call: TotpCall): Promise<Answer> {
  const { totp, request } = call;
  const form = formOf(request);
  const name = accountName(form.get('email'));
  const credential = await claimAccount<TotpBody>(
    totp.credentials,
    totpKind,
    name,
    form.get('password'),
    totp.known.placeOf(request, name),
  );
  return totpCodePage(pageOf(totp, call), seal(call, { name, credentialId: credential?.id ?? uuid() }));
}

async function readCode(call: TotpCall) {
  const form = formOf(call.request);
  const sealed = form.get('step') ?? '';
  const target = open(call, sealed);
  if (!target) return showPasswordPage(call.totp, call, text.tooLate);
  return { sealed, target, code: codeOf(form.get('code')) };
}

/** Returns the audit record of too many guesses: the caller knows the user's password. */
async function alarmStatements({ totp: { credentials, audit }, target }: WithCode): Promise<Statement[]> {
  const credential = await credentials.get(target.credentialId);
  if (!credential) return [];
  const { id, uid } = credential;
  return [
    audit.recordStatement({
      actor: '',
      action: 'authenticator.codes-guessed',
      target: uid,
      outcome: 'refused',
      detail: { kind: totpKind, credential: id, reason: `${guessesInDay} wrong codes in a day` },
    }),
  ];
}

const checkGuesses = check('guesses', async function checkGuesses(call: WithCode) {
  const { totp, request, target } = call;
  const outcome = await totp.guesses.take(request, target, () => alarmStatements(call));
  if (outcome === 'locked') return refuse(call, text.locked, 'too many consecutive wrong tries');
  return { exhausted: outcome === 'exhausted' };
});

/** Refuses an exhausted guess like a wrong code, after the same work, so the response does not confirm the password. */
const checkCode = check('code', async function checkCode(call: WithCode & { exhausted: boolean }) {
  const {
    totp: { credentials, clock },
    target: { credentialId },
    code = '',
    exhausted,
  } = call;
  const credential = await credentials.get<TotpBody>(credentialId);
  const secret = (await credentials.secret(credentialId)) ?? noSecret;
  const usedStep = stepOf(secret, code, clock.now(), credential?.body.lastStep ?? null);
  if (!exhausted && credential?.kind === totpKind && usedStep !== undefined) return { credential, usedStep };
  if (exhausted) return refuse(call, text.wrong, 'no guesses at this app are left today');
  return refuse(
    call,
    text.wrong,
    credential ? 'the code is wrong, expired or used' : 'the address or the password is wrong',
  );
});

/** The conditional write of the used step lets each code count for one sign-in. */
async function finish(call: Verified & Passed<'guesses' | 'code'>): Promise<Answer> {
  const { totp, request, credential, usedStep, target } = call;
  const { id, uid, body } = credential;
  const result = { authenticator: totpKind, uid, ...totpStrength, credentialId: id };
  const answer = await totp.completeSignIn(call, result, [
    totp.credentials.useStatement(credential, { ...body, lastStep: usedStep }),
    ...totp.guesses.forgetStatements(request, target),
  ]);
  return answer.with({ 'set-cookie': totp.known.rememberCookie(request, target.name) });
}

const codeSteps = steps<TotpCall>('cis2.totp-code')
  .step(readCode)
  .step(checkGuesses)
  .step(checkCode)
  .step(finish);

/** An authenticator app: e-mail address, password and six digits (RFC 6238). */
export function totpAuthenticator(totp: TotpDependencies): Authenticator {
  const { credentials } = totp;
  return {
    ...local(totpKind, credentials),
    label: text.label,
    hint: text.hint,
    offers: [totpStrength],
    begin: async (context) => showPasswordPage(totp, context),
    routes: [
      { method: 'POST', path: 'password', run: (context) => takePassword({ ...context, totp }) },
      { method: 'POST', path: 'code', run: (context) => codeSteps.run({ ...context, totp }) },
    ],
  };
}
