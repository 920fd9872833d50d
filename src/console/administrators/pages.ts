import type { Answer } from '@alongside/kernel/answer';
import { type Html, html } from '@alongside/kernel/html';
import { framedPage } from '@alongside/kernel/layout';
import { errors } from '../errors.ts';
import type { Administrator } from './administrators.ts';
import { administratorScriptPath } from './script.ts';

const service = 'Console';
/** For the head of a page with one of the forms below. */
export const administratorHead: Html = html`<script src="${administratorScriptPath}" defer></script>`;
const policy = { script: ["'self'"], connect: ["'self'"] };

interface Ceremony {
  ceremony: 'create' | 'get';
  post: string;
  options: string;
  token?: string;
  button: string;
}

/** A button by which the browser asks for a passkey, once the script is there. Below it stands what went wrong. */
const ceremonyForm = ({ ceremony, post, options, token, button }: Ceremony): Html => html`
<noscript><p class="error">Passkeys need JavaScript.</p></noscript>
<p id="problem" class="error" role="alert" hidden></p>
<div role="status"><p id="waiting" class="note" hidden>Waiting for your passkey. Do what your browser asks for.</p></div>
<form data-post="${post}" data-ceremony="${ceremony}" data-options="${options}" data-token="${token ?? ''}">
<div class="actions"><button disabled>${button}</button></div>
</form>`;

const passkeyPage = (title: string, main: Html): Answer =>
  framedPage(200, { title, service, development: false, head: administratorHead, main }, policy);

/** Where an administrator signs in. */
export const signInPage = (options: string): Answer =>
  passkeyPage(
    'Sign in to the console',
    html`<p class="lead">Here administrators look after this installation.</p>
${ceremonyForm({ ceremony: 'get', post: '/sign-in', options, button: 'Sign in with a passkey' })}
<details><summary>No passkey, or lost it?</summary>
<p>Who runs the server makes a link for you: <code>alongside admin invite --name NAME</code></p></details>`,
  );

/** Where somebody who was invited sets up a passkey. */
export const invitationPage = (name: string, token: string, options: string): Answer =>
  passkeyPage(
    'Set up your passkey',
    html`<p class="lead">${name}, you are invited to look after this installation.</p>
<p>From now on you sign in to the console with a passkey: of this computer, of your telephone or on a security key. It asks for your PIN, finger or face. There is no password.</p>
${ceremonyForm({ ceremony: 'create', post: '/invite', options, token, button: 'Set up a passkey' })}`,
  );

/** What a link shows that is good no more. */
export const spentInvitationPage = (): Answer => {
  const { status, description } = errors.invitationSpent.entry;
  return framedPage(status, {
    title: 'This link is good no more',
    service,
    development: false,
    main: html`<p>${description}</p><p><a href="/sign-in">Sign in to the console</a></p>`,
  });
};

/** What a page shows to somebody who is not signed in. */
export const signInMissingPage = (signInAddress: string): Answer => {
  const { status, description } = errors.signInMissing.entry;
  return framedPage(status, {
    title: 'Sign in first',
    service,
    development: false,
    main: html`<p>${description}</p>
<p><a class="button" href="${signInAddress}">Sign in</a></p>`,
  });
};

/** Who is signed in, and the way out: for the console's own page. */
export const signedInNote = ({ name }: Administrator): Html => html`<div class="signed-in">
<p>Signed in as <strong>${name}</strong></p>
<form data-post="/sign-out"><button class="small secondary" disabled>Sign out</button></form></div>
<p id="problem" class="error" role="alert" hidden></p>`;
