import type { Answer } from '@alongside/kernel/answer';
import { type Html, html } from '@alongside/kernel/html';
import { type Interaction, interactionPath } from '../../model/interactions.ts';
import { askingPage, cis2Page, programTag } from '../../pages/frame.ts';
import { filled, markedUp, words } from '../../text/words.ts';
import type { Authenticator, Presence } from '../authenticator.ts';
import { channelOf } from './window.ts';

const { help: helpText } = words;

export const helpPath = '/help/smartcard';

/** Possible causes if the agent shows nothing: nobody at a desk can mend them, so they are folded. */
const forIt = (): Html =>
  html`<details><summary>${helpText.forIt}</summary><p>${helpText.lead}</p>
<ul>${helpText.causes.map(({ cause, fix }) => html`<li><strong>${cause}</strong> ${fix}</li>`)}</ul></details>`;

/** `GET /help/smartcard`, also for users who see the browser's own error page. */
export const helpPage = (development: boolean): Answer =>
  cis2Page(200, {
    title: helpText.title,
    development,
    main: html`<p class="lead">${helpText.otherwise}</p>
${forIt()}`,
  });

const { choice: says, common } = words;

function radio(
  { id, label, hint, inWindow }: Authenticator,
  interaction: Interaction,
  checked: boolean,
): Html {
  const window = interactionPath(interaction.id, `${id}?window=1`);
  return html`<div class="choice">
<input type="radio" id="with-${id}" name="authenticator" value="${id}" aria-describedby="hint-${id}" ${checked ? html`checked` : undefined} ${inWindow ? html`data-window="${window}"` : undefined}>
<div><label for="with-${id}">${label}</label><p class="hint" id="hint-${id}">${hint}</p></div>
</div>`;
}

export interface Choice {
  applicationName: string;
  offered: readonly Authenticator[];
  /** The name of a user with a session of too low a level. */
  signedIn: string | null;
  /** Where the smartcard's program responds, if it is offered. */
  presence: Presence | undefined;
  development: boolean;
}

/** Shown instead of a window that nothing would fill, or after one from which nothing came back. */
const unreachable = (hasOthers: boolean): Html => {
  const { silent, unreturned } = helpText.codes;
  const [before = '', after = ''] = helpText.code.split('{code}');
  return html`<div id="unreachable" class="panel" role="alert" tabindex="-1" hidden>
<h2>${helpText.unreachable}</h2>
<p>${helpText.next}${hasOthers ? html` ${says.otherWay}` : undefined}</p>
<div class="actions"><button form="choice">${common.again}</button></div>
<p>${before}<strong id="it-code" data-silent="${silent}" data-unreturned="${unreturned}">${silent}</strong>${after}</p>
${forIt()}
</div>`;
};

const another = html`<button class="secondary small" name="person" value="another" form="choice">${says.another}</button>`;

const signedInAs = (signedIn: string, applicationName: string, firm: boolean): Html =>
  html`<p class="lead">${filled(says.notEnough, { application: applicationName })}</p>
<p class="note">${markedUp(says.signedInAs, { name: html`<strong>${signedIn}</strong>` })} ${firm ? undefined : another}</p>`;

/** The hint shows no name, because anyone can send one. */
const hinted = (): Html => html`<p class="note">${says.hinted} ${another}</p>`;

const linkTo =
  (address: string) =>
  (text: Html): Html =>
    html`<a href="${address}">${text}</a>`;

/** The authenticators that meet the request, the smartcard first. The page also works without scripts. */
export function choicePage(
  interaction: Interaction,
  { applicationName, offered, signedIn, presence, development }: Choice,
): Answer {
  const resume = interactionPath(interaction.id, 'resume');
  const hop = offered.find(({ inWindow }) => inWindow);
  const here = hop && interactionPath(interaction.id, hop.id);
  const { expected } = interaction;
  const lead =
    signedIn === null
      ? html`<p class="lead">${filled(common.signingIn, { application: applicationName })}</p>${expected && !expected.firm ? hinted() : undefined}`
      : signedInAs(signedIn, applicationName, expected?.firm ?? false);
  const main = html`${lead}
${interaction.message ? html`<p class="error" role="alert">${interaction.message}</p>` : undefined}
<form id="choice" method="post" action="${interactionPath(interaction.id)}" data-channel="${channelOf(interaction)}" data-resume="${resume}" ${presence ? html`data-presence="${presence.url}" data-heard="${String(presence.heard)}"` : undefined}>
<fieldset><legend>${says.legend}</legend>
${offered.map((authenticator, index) => radio(authenticator, interaction, index === 0))}
</fieldset>
<div class="actions"><button>${common.next}</button><button class="secondary" name="cancel" value="1">${common.cancel}</button></div>
</form>
<div id="waiting" class="note" role="status" hidden>
<p>${says.opened}</p>
<p>${markedUp(says.closed, {}, linkTo(resume))}</p>
${here ? html`<p>${markedUp(filled(says.here, { way: hop.label.toLowerCase() }), {}, linkTo(here))}</p>` : undefined}
</div>
${hop ? unreachable(offered.length > 1) : undefined}
${hop ? html`<p>${markedUp(says.help, {}, (text) => html`<a href="${helpPath}" target="_blank" rel="noopener">${text}</a>`)}</p>` : undefined}`;
  return cis2Page(
    200,
    {
      title: signedIn === null ? says.title : says.titleAgain,
      development,
      head: programTag('sign-in/pages/hop'),
      main,
    },
    { script: ["'self'"], connect: presence ? [new URL(presence.url).origin] : [] },
  );
}

const { confirm: confirmText } = words;

/** "Continue as …": a question before an automatic sign-in. */
export const confirmPage = (
  interaction: Interaction,
  personName: string,
  applicationName: string,
  development: boolean,
): Answer =>
  askingPage(200, {
    title: filled(confirmText.title, { name: personName }),
    development,
    main: html`<p class="lead">${filled(confirmText.lead, { application: applicationName })}</p>
<form method="post" action="${interactionPath(interaction.id, 'confirm')}">
<div class="actions">
<button name="answer" value="yes">${filled(confirmText.yes, { name: personName })}</button>
<button class="secondary" name="answer" value="another">${confirmText.another}</button>
<button class="secondary" name="answer" value="cancel">${common.cancel}</button>
</div>
</form>`,
  });
