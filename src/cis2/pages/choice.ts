import type { Answer } from '@alongside/kernel/answer';
import { type Html, html } from '@alongside/kernel/html';
import { framedPage } from '@alongside/kernel/layout';
import type { Authenticator } from '../authenticators/authenticator.ts';
import { type Interaction, interactionPath } from '../interaction/interactions.ts';
import { helpPath, hopHelp } from './help.ts';
import { hopScriptPath } from './hop-script.ts';
import { serviceName } from './text.ts';
import { channelOf } from './window.ts';

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

/** What the choice page shows. */
export interface Choice {
  applicationName: string;
  offered: readonly Authenticator[];
  /** Who is signed in here already, but not at a level that is asked for now. */
  signedIn: string | null;
  development: boolean;
}

const another = html`<button class="secondary small" name="person" value="another" form="choice">Somebody else?</button>`;

const signedInAs = (signedIn: string, applicationName: string, firm: boolean): Html =>
  html`<p class="lead">${applicationName} needs another way to sign in than the one that you used.</p>
<p class="note">You are signed in as <strong>${signedIn}</strong>. ${firm ? undefined : another}</p>`;

/** No name: anybody may send a hint of anybody. */
const hinted = (): Html => html`<p class="note">Your application says who is signing in. ${another}</p>`;

/** The ways to sign in that meet the request, the smartcard first. It works without script as well. */
export function choicePage(
  interaction: Interaction,
  { applicationName, offered, signedIn, development }: Choice,
): Answer {
  const resume = interactionPath(interaction.id, 'resume');
  const hop = offered.find(({ inWindow }) => inWindow);
  const here = hop && interactionPath(interaction.id, hop.id);
  const { expected } = interaction;
  const lead =
    signedIn === null
      ? html`<p class="lead">You are signing in to ${applicationName}.</p>${expected && !expected.firm ? hinted() : undefined}`
      : signedInAs(signedIn, applicationName, expected?.firm ?? false);
  const main = html`${lead}
${interaction.message ? html`<p class="error" role="alert">${interaction.message}</p>` : undefined}
<form id="choice" method="post" action="${interactionPath(interaction.id)}" data-channel="${channelOf(interaction)}" data-resume="${resume}">
<fieldset><legend>How do you want to sign in?</legend>
${offered.map((authenticator, index) => radio(authenticator, interaction, index === 0))}
</fieldset>
<div class="actions"><button>Continue</button><button class="secondary" name="cancel" value="1">Cancel</button></div>
</form>
<div id="waiting" class="note" role="status" hidden>
<p>A small window has opened. If it asks for your PIN, give it there.</p>
<p>If it has closed and nothing happens here, <a href="${resume}">go on</a>.</p>
</div>
<div id="help" class="panel" role="status" hidden>
<h2>If the small window shows an error</h2>
${hopHelp()}
</div>
${here ? html`<p><a href="${here}">Sign in with the ${hop.label.toLowerCase()} in this window</a></p>` : undefined}
${hop ? html`<p><a href="${helpPath}" target="_blank" rel="noopener">If the smartcard does not work</a> (opens in a new tab)</p>` : undefined}`;
  return framedPage(
    200,
    {
      title: signedIn === null ? 'Sign in' : 'Sign in again',
      service: serviceName,
      development,
      head: html`<script src="${hopScriptPath}" defer></script>`,
      main,
    },
    { script: ["'self'"] },
  );
}
