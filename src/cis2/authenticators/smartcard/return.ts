import type { Answer, Headers } from '@alongside/kernel/answer';
import type { Recorder } from '@alongside/kernel/events';
import type { Endpoint, HttpRequest } from '@alongside/kernel/http';
import type { Log } from '@alongside/kernel/log';
import { steps } from '@alongside/kernel/steps';
import type { HandOffError } from '../../../../identity-agent/protocol.ts';
import type { Applications } from '../../../oauth/applications.ts';
import { parseParameters } from '../../../oauth/parameters.ts';
import type { Database } from '../../../storage/database.ts';
import { responseErrors } from '../../errors/response.ts';
import { isSilent } from '../../model/authorization-request.ts';
import type { BrowserMarks } from '../../model/browser-marks.ts';
import type { Interactions } from '../../model/interactions.ts';
import type { ReplyFrame } from '../../responses/reply.ts';
import { signInErrors } from '../../sign-in/errors.ts';
import { type Finish, failInteraction, toPage } from '../../sign-in/finish.ts';
import { type InteractionContext, openReply } from '../../sign-in/open.ts';
import { windowPage } from '../../sign-in/pages/window.ts';
import { words } from '../../text/words.ts';
import type { HandOffResult, HandOffs } from './sign-in.ts';

type Parts = ReplyFrame & {
  applications: Applications;
  database: Database;
  handOffs: HandOffs;
  interactions: Interactions;
  finish: Finish;
  marks: BrowserMarks;
  recorder: Recorder;
  log: Log;
};

interface Returned extends InteractionContext {
  code: string;
  result: HandOffResult;
}

/**
 * Needs the code and the cookie of the browser that began: either alone is nothing. A code that another browser brings is
 * spent: it has leaked, or the sign-in of one person was led to the browser of another.
 */
const openResult = (parts: Parts) =>
  async function openResult({ request }: { request: HttpRequest }): Promise<Returned> {
    const code = parseParameters(request.query)?.get('code');
    if (code === undefined) throw signInErrors.returnRefused('there is no code');
    const result = await parts.handOffs.result(code);
    if (!result) throw signInErrors.returnRefused('the code is unknown, used, or older than 30 s');
    const interaction = await parts.interactions.open(result.interactionId, request);
    if (!interaction) {
      await parts.database.batch([parts.handOffs.returnStatement(code)]);
      throw signInErrors.returnRefused(
        'the cookie of this sign-in is missing or another one; the code is spent',
      );
    }
    return { code, result, ...(await openReply(parts.applications, parts, request, interaction)) };
  };

/** Whether this browser has met the agent: `another` than those before may have taken the port of the user's own. */
function acquaintance({ marks }: Parts, request: HttpRequest, agentId: string | null) {
  const met = marks.metAgents(request);
  if (agentId === null || met.length === 0) return 'first';
  return met.includes(agentId) ? 'known' : 'another';
}

const noteReturn = (parts: Parts) =>
  async function noteReturn({
    request,
    result: { jti, outcome },
    code,
    interaction,
  }: Returned): Promise<void> {
    const detail: Record<string, string> =
      'error' in outcome
        ? { result: outcome.error }
        : { result: 'proof', agent: acquaintance(parts, request, outcome.authentication.agentId) };
    if (detail.agent === 'another')
      parts.log.warn(
        { id: request.id, address: request.address },
        'another Identity Agent than before answered in this browser',
      );
    parts.recorder.record({
      keys: [jti, interaction.authorization.state ?? '', code],
      from: 'browser',
      to: 'cis2',
      name: 'cis2.return',
      detail,
    });
  };

/** The agent that brought a proof is known to this browser from now on. */
function metCookie({ marks }: Parts, { request, result }: Returned): Headers {
  const agentId = 'error' in result.outcome ? null : result.outcome.authentication.agentId;
  return agentId === null ? {} : { 'set-cookie': marks.meeting(request, agentId) };
}

/** Opened in a small window: what came is kept for the page that opened it, and the window closes. */
const keepForOpener = (parts: Parts) =>
  async function keepForOpener(known: Returned): Promise<Answer | undefined> {
    const { result, code, interaction } = known;
    if (!result.inWindow) return undefined;
    const kept =
      'error' in result.outcome
        ? { ...interaction, message: words.handOff[result.outcome.error], authentication: null }
        : { ...interaction, message: '', authentication: result.outcome.authentication };
    await toPage(parts, { ...known, interaction: kept }, [parts.handOffs.returnStatement(code)]);
    return windowPage(interaction, parts.development).with(metCookie(parts, known));
  };

const silently = (reason: HandOffError) =>
  (reason === 'cis_unreachable' ? responseErrors.temporarilyUnavailable : responseErrors.loginRequired)(
    `the agent says ${reason}`,
  );

/** A hand-off that brought nobody leads back to the choice, or to the client when nothing may be asked or the person said no. */
const answerReason = (parts: Parts) =>
  async function answerReason(known: Returned): Promise<Answer | undefined> {
    const { result, code, interaction } = known;
    if (!('error' in result.outcome)) return undefined;
    const reason: HandOffError = result.outcome.error;
    const spends = [parts.handOffs.returnStatement(code)];
    if (isSilent(interaction.authorization)) return failInteraction(parts, known, spends, silently(reason));
    if (reason === 'cancelled')
      return failInteraction(parts, known, spends, responseErrors.denied('cancelled at the agent'));
    return toPage(
      parts,
      { ...known, interaction: { ...interaction, message: words.handOff[reason] } },
      spends,
    );
  };

const finishSignIn = (parts: Parts) =>
  async function finishSignIn(known: Returned): Promise<Answer> {
    const { result, code } = known;
    if ('error' in result.outcome) throw new Error('A reason was answered before.');
    const { authentication } = result.outcome;
    const spends = [parts.handOffs.returnStatement(code)];
    const answer = await parts.finish.run({ ...known, authentication, spends, confirmed: false });
    return answer.with(metCookie(parts, known));
  };

/** `GET /agent/return`: the browser is back from the agent. */
export function createReturn(parts: Parts): Endpoint {
  const list = steps<{ request: HttpRequest }>()
    .step(openResult(parts))
    .step(noteReturn(parts))
    .step(keepForOpener(parts))
    .step(answerReason(parts))
    .step(finishSignIn(parts));
  return (request) => list.run({ request });
}
