import { type Answer, json, redirect } from '@alongside/kernel/answer';
import { type Html, html } from '@alongside/kernel/html';
import { counted } from '@alongside/kernel/operator';
import type { ErrorFormat, HttpRequest, Route } from '@alongside/kernel/request';
import { type Handler, route, withSecrets } from '@alongside/kernel/route';
import { type Passed, steps } from '@alongside/kernel/steps';
import { errors } from '../errors.ts';
import { readForm } from '../handoff/form.ts';
import {
  checkNavigation,
  checkOwnForm,
  checkOwnScript,
  checkPeerUser,
  type GuardedRequest,
  type GuardSettings,
} from '../handoff/guard.ts';
import { livePage } from '../handoff/pages/live-page.ts';
import { attemptsText, pinRefusal } from '../protocol.ts';
import type { Agent } from '../session/agent.ts';
import type { SignatureQuestion } from '../session/signature-question.ts';

/** Path of the page on which the user signs documents or declines. */
export const signaturePath = '/signature';

/** The parts of the agent that the page uses. */
export interface ConsentDesk {
  agent: Agent;
  development: boolean;
  /** Records that the page is open. */
  seen(): void;
}

interface ConsentCall extends GuardedRequest {
  desk: ConsentDesk;
}
interface FormCall extends ConsentCall {
  request: HttpRequest<{ id: string }>;
}

const stepNow = ({ agent }: ConsentDesk): string =>
  agent.signature ? `${agent.signature.id}.${agent.status().attemptsLeft ?? ''}` : 'none';

const nothing = html`<p role="status" class="waiting">No page asks for a signature now.</p>`;

/** Names the page that asks, and the documents. The page itself could say anything about them. */
const documents = ({ wanted, digests }: SignatureQuestion): Html => html`
<p class="lead"><strong><bdi>${wanted.from}</bdi></strong> asks you to sign ${counted(digests.length, 'document')}.</p>
<details><summary>SHA-256 of ${digests.length === 1 ? 'the document' : 'the documents'}</summary>
<ol>${wanted.documents.map(({ id }, index) => html`<li><bdi>${id}</bdi><br><code>${digests[index]}</code></li>`)}</ol></details>`;

function form(question: SignatureQuestion, left: number | null): Html {
  const path = `${signaturePath}/${question.id}`;
  const few =
    left !== null && left < 3
      ? html`<p class="error" id="pin-problem" role="alert">${attemptsText(left)}.</p>`
      : undefined;
  return html`<dl class="summary"><dt>Smartcard</dt><dd>${question.card.label.name}</dd></dl>
${few}
<form method="post" action="${path}/pin" autocomplete="off">
<div class="field">
<label for="pin">PIN of your smartcard</label>
<p class="hint" id="pin-hint">6 to 8 digits. With your PIN you sign.</p>
<input class="short" type="password" name="pin" id="pin" inputmode="numeric" autocomplete="off" maxlength="8" required autofocus aria-describedby="${few ? 'pin-problem pin-hint' : 'pin-hint'}">
</div>
<div class="actions"><button>Sign</button></div>
</form>
<form method="post" action="${path}/decline" class="actions"><button class="secondary" name="how" value="decline">Do not sign</button></form>`;
}

function showPage({ desk }: ConsentCall & Passed<'navigation' | 'peer-user'>): Answer {
  const { agent, development } = desk;
  const { signature } = agent;
  desk.seen();
  return livePage({
    title: 'Sign documents',
    development,
    reloads: !signature,
    state: `${signaturePath}/state`,
    step: stepNow(desk),
    main: signature ? html`${documents(signature)}${form(signature, agent.status().attemptsLeft)}` : nothing,
  });
}

function returnStep({ desk }: ConsentCall & Passed<'own-script' | 'peer-user'>): Answer {
  desk.seen();
  return json(200, { step: stepNow(desk) });
}

/** The PIN is for the documents that the page has shown: for others, it is not used. */
async function signDocuments({
  request,
  desk,
}: FormCall & Passed<'own-form' | 'peer-user'>): Promise<Answer> {
  const { pin } = readForm(request, { pin: /^[0-9]{1,12}$/ });
  const result = await desk.agent.answerSignature(request.params.id, pin, { from: 'browser', keys: [] });
  const answer = redirect(signaturePath, 303);
  const left = 'attemptsLeft' in result ? result.attemptsLeft : undefined;
  const refusal = result.ok ? undefined : pinRefusal(result.error, left);
  return refusal ? answer.refusing(refusal) : answer;
}

function decline({ request, desk }: FormCall & Passed<'own-form' | 'peer-user'>): Answer {
  readForm(request, { how: /^decline$/ });
  if (!desk.agent.declineSignature(request.params.id))
    throw errors.interactionOver('these documents wait no longer');
  return redirect(signaturePath, 303);
}

const show = steps<ConsentCall>('identity-agent.signature')
  .step(checkNavigation)
  .step(checkPeerUser)
  .step(showPage);
const state = steps<ConsentCall>('identity-agent.signature-state')
  .step(checkOwnScript)
  .step(checkPeerUser)
  .step(returnStep);
const ownForm = steps<FormCall>('identity-agent.signature-form').step(checkOwnForm).step(checkPeerUser);
const signing = ownForm.step(signDocuments);
const declining = ownForm.step(decline);

/** The page of a question whether to sign documents, and its forms. */
export function consentRoutes(desk: ConsentDesk, guard: GuardSettings, errors: ErrorFormat): Route[] {
  const page = (list: { run(call: ConsentCall): Promise<Answer> }): Handler<unknown> => ({
    endpoint: (request) => list.run({ request, guard, desk }),
    errors,
  });
  const submitted = (list: { run(call: FormCall): Promise<Answer> }): Handler<{ id: string }> => ({
    endpoint: (request) => list.run({ request, guard, desk }),
    errors,
  });
  return [
    ...route(signaturePath, { GET: page(show) }),
    ...route(`${signaturePath}/state`, { GET: page(state) }),
    ...withSecrets('bodies', route('/signature/:id/pin', { POST: submitted(signing) })),
    ...route('/signature/:id/decline', { POST: submitted(declining) }),
  ];
}
