import type { Answer } from '@alongside/kernel/answer';
import type { Clock } from '@alongside/kernel/clock';
import type { Recorder } from '@alongside/kernel/events';
import { uuid } from '@alongside/kernel/ids';
import type { Log } from '@alongside/kernel/log';
import type { Vault } from '@alongside/kernel/secrets';
import { steps } from '@alongside/kernel/steps';
import type { AuditLog } from '../../../storage/audit.ts';
import type { Statement } from '../../../storage/database.ts';
import type { Credential, Credentials } from '../../model/credentials.ts';
import { formOf } from '../../model/form.ts';
import type { Authenticator } from '../../sign-in/authenticator.ts';
import type { CompleteSignIn } from '../../sign-in/complete-sign-in.ts';
import type { InteractionContext } from '../../sign-in/open.ts';
import { noteRefusedSignIn } from '../../sign-in/refused.ts';
import { words } from '../../text/words.ts';
import { type Account, accountName, claimAccount, emailOf } from '../shared/accounts.ts';
import { local } from '../shared/local.ts';
import { codeOf, stepOf } from './codes.ts';
import { guessesInDay, type TotpGuesses, type TotpStep } from './guesses.ts';
import type { KnownBrowsers } from './known-browsers.ts';
import { totpCodePage, totpPasswordPage } from './page.ts';

interface Sealed extends TotpStep {
  interactionId: string;
  expiresAt: number;
}

const purpose = 'cis2-totp-step';
/** How long the code may take, in milliseconds. */
const lifetime = 300_000;
const longest = 4_096;

/** Seals it for the page of one interaction: whoever has the page can neither read nor change it. */
const sealStep = (vault: Vault, clock: Clock, interactionId: string, step: TotpStep): string =>
  vault.seal(
    purpose,
    JSON.stringify({ ...step, interactionId, expiresAt: clock.now() + lifetime } satisfies Sealed),
  );

/** Opens it; undefined when it was changed, is too old or was made in another interaction. */
function openStep(vault: Vault, clock: Clock, interactionId: string, sealed: string): TotpStep | undefined {
  if (sealed.length > longest) return undefined;
  try {
    const step = JSON.parse(vault.open(purpose, sealed)) as Sealed;
    return step.interactionId === interactionId && clock.now() < step.expiresAt ? step : undefined;
  } catch {
    return undefined;
  }
}

export const totpKind = 'totp';

/** What is kept of an authenticator app, beside its sealed secret. */
export interface TotpBody extends Account {
  /** Number of the step whose code was used last; null before the first. */
  lastStep: number | null;
}

interface Parts {
  clock: Clock;
  vault: Vault;
  credentials: Credentials;
  guesses: TotpGuesses;
  known: KnownBrowsers;
  audit: AuditLog;
  recorder: Recorder;
  log: Log;
  completeSignIn: CompleteSignIn;
  development: boolean;
}

interface WithCode extends InteractionContext {
  sealed: string;
  code: string | undefined;
  step: TotpStep;
}

/** Level 2, by a one-time code. */
export const totpStrength = { level: 2 as const, methods: ['TOTP'] };
/** What a code is compared with where there is no account: as much work, and never right. */
const nobody = 'A'.repeat(32);
const sentences = words.totp;

const shown = (
  { development }: Parts,
  { interaction, client }: Pick<InteractionContext, 'interaction' | 'client'>,
) => ({
  interaction,
  applicationName: client.application.name,
  // What the application says of the person; anything but an address is left out.
  email: emailOf(interaction.authorization.loginHint ?? undefined) ?? '',
  development,
});

/** Returns the page of the code again. */
function again(
  parts: Parts,
  known: InteractionContext & { sealed: string },
  problem: string,
  detail: string,
): Answer {
  noteRefusedSignIn(parts, known, totpKind, detail);
  return totpCodePage({ ...shown(parts, known), problem, step: known.sealed });
}

/** Whatever came, the code is asked for next: the page must not tell whether address and password were right. */
const takePassword = (parts: Parts) =>
  async function takePassword(context: InteractionContext): Promise<Answer> {
    const { credentials, vault, clock, known } = parts;
    const { request } = context;
    const form = formOf(request);
    const name = accountName(form.get('email'));
    const word = form.get('password');
    const credential = await claimAccount<TotpBody>(
      credentials,
      totpKind,
      name,
      word,
      known.placeOf(request, name),
    );
    const step = sealStep(vault, clock, context.interaction.id, {
      name,
      credentialId: credential?.id ?? uuid(),
    });
    return totpCodePage({ ...shown(parts, context), problem: '', step });
  };

const readCode = (parts: Parts) =>
  async function readCode(
    context: InteractionContext,
  ): Promise<Answer | Pick<WithCode, 'sealed' | 'code' | 'step'>> {
    const form = formOf(context.request);
    const sealed = form.get('step') ?? '';
    const step = openStep(parts.vault, parts.clock, context.interaction.id, sealed);
    if (!step) return totpPasswordPage({ ...shown(parts, context), problem: sentences.tooLate });
    return { sealed, step, code: codeOf(form.get('code')) };
  };

/** Returns the audit record of too many guesses: they come from someone with the password of this user. */
async function alarmStatements({ credentials, audit }: Parts, { step }: WithCode): Promise<Statement[]> {
  const credential = await credentials.get(step.credentialId);
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

const takeGuess = (parts: Parts) =>
  async function takeGuess(known: WithCode): Promise<Answer | { lost: boolean }> {
    const taken = await parts.guesses.take(known.request, known.step, () => alarmStatements(parts, known));
    if (taken === 'locked') return again(parts, known, sentences.locked, 'too many wrong tries in a row');
    return { lost: taken === 'lost' };
  };

/** One that is lost is wrong in the same words after the same work: that there are none left would tell that the password was right. */
const checkCode = (parts: Parts) =>
  async function checkCode(
    known: WithCode & { lost: boolean },
  ): Promise<Answer | { credential: Credential<TotpBody>; usedStep: number }> {
    const { credentials, clock } = parts;
    const { credentialId } = known.step;
    const credential = await credentials.get<TotpBody>(credentialId);
    const secret = (await credentials.secret(credentialId)) ?? nobody;
    const lastStep = credential?.body.lastStep ?? null;
    const usedStep = stepOf(secret, known.code ?? '', clock.now(), lastStep);
    if (!known.lost && credential?.kind === totpKind && usedStep !== undefined)
      return { credential, usedStep };
    if (known.lost)
      return again(parts, known, sentences.wrong, 'no guesses at this app are left in this day');
    const detail = credential ? 'not a code of now, or one that was used' : 'not the address or the password';
    return again(parts, known, sentences.wrong, detail);
  };

/** The code counts once: its step is written where the last one stood, by one sign-in alone. */
const finish = ({ credentials, guesses, known: browsers, completeSignIn }: Parts) =>
  async function finish(
    known: WithCode & { credential: Credential<TotpBody>; usedStep: number },
  ): Promise<Answer> {
    const { request, credential, usedStep, step } = known;
    const { id, uid, body } = credential;
    const result = { authenticator: totpKind, uid, ...totpStrength, credentialId: id };
    const answer = await completeSignIn(known, result, [
      credentials.useStatement(credential, { ...body, lastStep: usedStep }),
      ...guesses.forgetStatements(request, step),
    ]);
    return answer.with({ 'set-cookie': browsers.remembering(request, step.name) });
  };

/** An authenticator app: e-mail address, password and six digits (RFC 6238), assurance level 2. */
export function totp(parts: Parts): Authenticator {
  const password = steps<InteractionContext>().step(takePassword(parts));
  const code = steps<InteractionContext>()
    .step(readCode(parts))
    .step(takeGuess(parts))
    .step(checkCode(parts))
    .step(finish(parts));
  return {
    ...local(parts.credentials),
    id: totpKind,
    label: words.ways.totp.label,
    hint: words.ways.totp.hint,
    offers: [totpStrength],
    begin: async (context) => totpPasswordPage({ ...shown(parts, context), problem: '' }),
    usableBy: async (uid) => (await parts.credentials.of(uid, totpKind)).length > 0,
    routes: [
      { method: 'POST', path: 'password', run: (context) => password.run(context) },
      { method: 'POST', path: 'code', run: (context) => code.run(context) },
    ],
  };
}
