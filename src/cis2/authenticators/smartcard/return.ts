import { activity } from '@alongside/kernel/activity';
import type { Answer, Headers } from '@alongside/kernel/answer';
import { oldCookieFacts } from '@alongside/kernel/cookies';
import type { Endpoint, HttpRequest } from '@alongside/kernel/http';
import { stateKey } from '@alongside/kernel/journeys';
import { check, steps } from '@alongside/kernel/steps';
import type { HandOffError } from '../../../../identity-agent/protocol.ts';
import { parseParameters } from '../../../oauth/parameters.ts';
import { responseErrors } from '../../errors/response.ts';
import { isSilent } from '../../model/interactions.ts';
import type { Authentication } from '../../model/session.ts';
import { signInErrors } from '../../sign-in/errors.ts';
import { failInteraction, toPage } from '../../sign-in/finish.ts';
import { type InteractionContext, openReply } from '../../sign-in/open.ts';
import { windowPage } from '../../sign-in/pages/window.ts';
import { type AnsweredHandOff, jtiOf, type SmartcardDependencies } from './sign-in.ts';
import { smartcardText } from './text.ts';

interface ReturnCall {
  smartcard: SmartcardDependencies;
  request: HttpRequest;
}

interface Returned extends InteractionContext {
  smartcard: SmartcardDependencies;
  code: string;
  result: AnsweredHandOff;
}

/**
 * Requires the code and the cookie of the browser that began. A code from another browser is spent: it leaked, or an
 * attacker's sign-in was redirected to this browser.
 */
const openResult = check('browser', async function openResult({ smartcard, request }: ReturnCall) {
  const { applications, database, handOffs, interactions } = smartcard;
  const code = parseParameters(request.query)?.get('code');
  if (code === undefined) throw signInErrors.returnRefused('there is no code');
  const result = await handOffs.answered(code);
  if (!result) {
    activity()?.join({ keys: [jtiOf(code)] });
    throw signInErrors.returnRefused('the code is unknown, used, or older than 30 s');
  }
  const interaction = await interactions.open(result.interactionId, request, result.interaction);
  if (!interaction) {
    activity()?.join({ keys: [result.jti] });
    await database.batch([handOffs.spendStatement(result)]);
    throw signInErrors
      .returnRefused('the cookie of this sign-in is missing or different; the code is spent')
      .about(oldCookieFacts(request.headers.cookie));
  }
  return { code, result, ...(await openReply(applications, smartcard, request, interaction)) };
});

/** Compares the agent with those that this browser has met. `another`: it may have taken the port of the user's agent. */
function acquaintance(met: readonly string[], agentId: string | null): 'first' | 'known' | 'another' {
  if (agentId === null || met.length === 0) return 'first';
  return met.includes(agentId) ? 'known' : 'another';
}

async function recordReturn({
  smartcard: { marks, log, recorder },
  request,
  result: { jti, outcome },
  code,
  interaction,
}: Returned): Promise<void> {
  const detail: Record<string, string> =
    'error' in outcome
      ? { result: outcome.error }
      : { result: 'proof', agent: acquaintance(marks.metAgents(request), outcome.authentication.agentId) };
  if (detail.agent === 'another')
    log.warn(
      { id: request.id, address: request.address },
      'this browser returned from an Identity Agent that it has not met',
    );
  recorder.record({
    keys: [jti, stateKey(interaction.authorization), code],
    from: 'browser',
    to: 'cis2',
    name: 'cis2.return',
    detail,
  });
}

/** Remembers in a cookie that this browser has met the agent. */
const metCookie = (
  { smartcard: { marks }, request }: Returned,
  authentication: Authentication | undefined,
): Headers => {
  const agentId = authentication?.agentId ?? null;
  return agentId === null ? {} : { 'set-cookie': marks.meeting(request, agentId) };
};

/** In a small window: stores the result for the page that opened the window, and closes the window. */
async function keepForOpener(context: Returned) {
  const { smartcard, result, interaction } = context;
  if (!result.inWindow) return undefined;
  const authentication = 'error' in result.outcome ? undefined : result.outcome.authentication;
  const kept = {
    ...interaction,
    message: 'error' in result.outcome ? smartcardText.handOff[result.outcome.error] : '',
    authentication: authentication ?? null,
  };
  await toPage(smartcard, { ...context, interaction: kept }, [smartcard.handOffs.spendStatement(result)]);
  return windowPage(interaction, smartcard.development).with(metCookie(context, authentication));
}

const silentRefusal = (reason: HandOffError) =>
  (reason === 'cis_unreachable' ? responseErrors.temporarilyUnavailable : responseErrors.loginRequired)(
    `the agent reports ${reason}`,
  );

/** Without a proof: returns to the choice, or to the client after a silent or cancelled sign-in. */
async function answerReason(context: Returned) {
  const { smartcard, result, interaction } = context;
  const { outcome } = result;
  if (!('error' in outcome)) return outcome;
  const reason = outcome.error;
  const spends = [smartcard.handOffs.spendStatement(result)];
  if (isSilent(interaction.authorization))
    return failInteraction(smartcard, context, spends, silentRefusal(reason));
  if (reason === 'cancelled')
    return failInteraction(smartcard, context, spends, responseErrors.denied('cancelled at the agent'));
  const message = smartcardText.handOff[reason];
  return toPage(smartcard, { ...context, interaction: { ...interaction, message } }, spends);
}

async function finishSignIn(context: Returned & { authentication: Authentication }): Promise<Answer> {
  const { smartcard, result, authentication } = context;
  const spends = [smartcard.handOffs.spendStatement(result)];
  const answer = await smartcard.finish.run({ ...context, spends, confirmed: false });
  return answer.with(metCookie(context, authentication));
}

const returnSteps = steps<ReturnCall>('cis2.return')
  .step(openResult)
  .step(recordReturn)
  .step(keepForOpener)
  .step(answerReason)
  .step(finishSignIn);

/** `GET /agent/return`: the agent sent the browser back. */
export const createReturn =
  (smartcard: SmartcardDependencies): Endpoint =>
  (request) =>
    returnSteps.run({ smartcard, request });
