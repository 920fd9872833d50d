import type { Answer } from '@alongside/kernel/answer';
import { type Html, html } from '@alongside/kernel/html';
import { framedPage } from '@alongside/kernel/layout';
import type { Administrator, Invited } from '../../model/administrators/administrators.ts';
import { roleDuties } from '../../model/administrators/roles.ts';
import { errors } from '../../model/errors.ts';
import { assetPaths } from '../assets.ts';

const service = 'Console';
/** The head of a page with one of these forms. */
export const administratorHead: Html = html`<script type="module" src="${assetPaths.program('sign-in/passkeys')}"></script>`;
const policy = { script: ["'self'"], connect: ["'self'"] };

interface Ceremony {
  ceremony: 'create' | 'get';
  post: string;
  options: string;
  token?: string;
  button: string;
}

/** A button that starts a passkey ceremony, and its error message. Needs the script. */
const ceremonyForm = ({ ceremony, post, options, token, button }: Ceremony): Html => html`
<noscript><p class="error">Passkeys need JavaScript.</p></noscript>
<p id="problem" class="error" role="alert" hidden></p>
<div role="status"><p id="waiting" class="note" hidden>Waiting for your passkey. Follow the instructions of your browser.</p></div>
<form method="dialog" data-post="${post}" data-ceremony="${ceremony}" data-options="${options}" data-token="${token ?? ''}">
<div class="actions"><button disabled>${button}</button></div>
</form>`;

const passkeyPage = (title: string, main: Html): Answer =>
  framedPage(200, { title, service, development: false, head: administratorHead, main }, policy);

export const signInPage = (options: string): Answer =>
  passkeyPage(
    'Sign in to the console',
    html`<p class="lead">For administrators of this installation.</p>
${ceremonyForm({ ceremony: 'get', post: '/sign-in', options, button: 'Sign in with a passkey' })}
<details><summary>No passkey, or lost your passkey?</summary>
<p>Ask the operator of the server for an invitation: <code>alongside admin invite --name NAME</code></p></details>`,
  );

export const invitationPage = ({ name, role }: Invited, token: string, options: string): Answer =>
  passkeyPage(
    'Set up your passkey',
    html`<p class="lead">${name}, you are invited to the console of this installation. Your role: ${role}.</p>
<p>${roleDuties[role]}</p>
<p>You will sign in to the console with a passkey on this computer, your phone or a security key. It asks for your PIN, fingerprint or face. You do not need a password.</p>
${ceremonyForm({ ceremony: 'create', post: '/invite', options, token, button: 'Set up a passkey' })}`,
  );

export const confirmPage = (options: string, next: string): Answer =>
  passkeyPage(
    'Confirm with your passkey',
    html`<p class="lead">Changes of roles and keys need your passkey, used within the last five minutes.</p>
${ceremonyForm({ ceremony: 'get', post: `/confirm?next=${next}`, options, button: 'Use your passkey' })}
<p><a href="${next}">Back</a></p>`,
  );

export const expiredInvitationPage = (): Answer => {
  const { status, description } = errors.invitationSpent.entry;
  return framedPage(status, {
    title: 'This link is no longer valid',
    service,
    development: false,
    main: html`<p>${description}</p><p><a href="/sign-in">Sign in to the console</a></p>`,
  });
};

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

/** The name of the administrator and the sign-out button, for the first page. */
export const signedInNote = ({ name, role }: Administrator): Html => html`<div class="signed-in">
<p>Signed in as <strong>${name}</strong>${role === 'administrator' ? undefined : html`, ${role}`}</p>
<form method="dialog" data-post="/sign-out"><button class="small secondary" disabled>Sign out</button></form></div>
<p id="problem" class="error" role="alert" hidden></p>`;
