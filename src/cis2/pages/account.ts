import type { Answer } from '@alongside/kernel/answer';
import { type Html, html } from '@alongside/kernel/html';
import { framedPage } from '@alongside/kernel/layout';
import type { AssuranceLevel } from '../acr.ts';
import type { Enrolment } from '../enrolment/enrolment.ts';
import { longestLabel } from '../enrolment/label.ts';
import { accountPath } from '../interaction/own-party.ts';
import { ownReferrer } from './enrolment.ts';
import { serviceName } from './text.ts';

/** A way to sign in, as its owner sees it. Times in milliseconds. */
export interface OwnCredential {
  label: string;
  kind: string;
  level: AssuranceLevel;
  createdAt: number;
  usedAt: number | null;
  href: string;
}

interface Account {
  personName: string;
  /** Level of the sign-in of now. */
  level: AssuranceLevel;
  credentials: readonly OwnCredential[];
  enrolments: readonly Enrolment[];
  development: boolean;
}

const words = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'Europe/London' });
const day = (time: number): Html =>
  html`<time datetime="${new Date(time).toISOString()}">${words.format(time)}</time>`;

const facts = ({ kind, level, createdAt, usedAt }: OwnCredential): Html =>
  html`<dl class="summary"><dt>Kind</dt><dd>${kind}, level ${level}</dd><dt>Added</dt><dd>${day(createdAt)}</dd>
<dt>Last used</dt><dd>${usedAt === null ? 'never' : day(usedAt)}</dd></dl>`;

const listed = (credential: OwnCredential, level: AssuranceLevel): Html =>
  html`<section class="panel"><h2>${credential.label}</h2>${facts(credential)}
${
  level < credential.level
    ? html`<p class="hint">It needs a sign-in at level ${credential.level} to be changed.</p>`
    : html`<p><a href="${credential.href}">Rename or remove<span class="visually-hidden"> ${credential.label}</span></a></p>`
}</section>`;

const radio = ({ kind, label, hint }: Enrolment): Html => html`<div class="choice">
<input type="radio" id="add-${kind}" name="kind" value="${kind}" aria-describedby="hint-${kind}" required>
<div><label for="add-${kind}">${label}</label><p class="hint" id="hint-${kind}">${hint}</p></div></div>`;

/** What can be added with the sign-in of now, and what needs a better one. */
function adding(enrolments: readonly Enrolment[], level: AssuranceLevel): Html {
  const open = enrolments.filter((enrolment) => enrolment.level <= level);
  const closed = enrolments.filter((enrolment) => enrolment.level > level);
  return html`<h2>Add another way to sign in</h2>
${
  open.length === 0
    ? undefined
    : html`<form method="post" action="${accountPath}/add"><fieldset><legend>What do you want to add?</legend>${open.map(radio)}</fieldset>
<div class="actions"><button>Add it</button></div></form>`
}
${
  closed.length === 0
    ? undefined
    : html`<div class="panel"><h2>With a sign-in at level 3 only</h2><ul>${closed.map(({ label }) => html`<li>${label}</li>`)}</ul>
<p><a href="${accountPath}/sign-in?level=3">Sign in at level 3</a></p></div>`
}`;
}

/** Where nobody is signed in. */
export const signedOutAccountPage = (development: boolean): Answer =>
  framedPage(403, {
    title: 'Your ways to sign in',
    service: serviceName,
    development,
    main: html`<p class="lead">Nobody is signed in here, or it is too long ago.</p>
<p><a class="button" href="${accountPath}/sign-in">Sign in</a></p>`,
  });

/** A person's own ways to sign in. */
export const accountPage = ({ personName, level, credentials, enrolments, development }: Account): Answer =>
  framedPage(200, {
    title: 'Your ways to sign in',
    service: serviceName,
    development,
    main: html`<dl class="summary"><dt>Signed in</dt><dd>${personName}, level ${level}</dd></dl>
${credentials.length === 0 ? html`<p>You have none beside your smartcard.</p>` : credentials.map((credential) => listed(credential, level))}
<p class="quiet">Smartcards are looked after by your registration authority.</p>
${adding(enrolments, level)}`,
  }).with(ownReferrer);

/** One of them: a new name, or its end. */
export const credentialPage = ({
  credential,
  inUse,
  development,
}: {
  credential: OwnCredential;
  /** The person is signed in with it. */
  inUse: boolean;
  development: boolean;
}): Answer =>
  framedPage(200, {
    title: credential.label,
    service: serviceName,
    development,
    main: html`${facts(credential)}
<h2>Rename it</h2>
<form method="post" action="${credential.href}/rename"><div class="field"><label for="label">Name</label>
<input type="text" id="label" name="label" value="${credential.label}" maxlength="${longestLabel}" required autocomplete="off"></div>
<div class="actions"><button>Save</button></div></form>
<h2>Remove it</h2>
<p>It will not sign you in any more. ${inUse ? html`<strong>You are signed in with it, so you will be signed out.</strong>` : 'Who has signed in with it will be signed out.'}</p>
<form method="post" action="${credential.href}/remove"><div class="actions"><button class="secondary">Remove it</button></div></form>
<p><a href="${accountPath}">Back to your ways to sign in</a></p>`,
  }).with(ownReferrer);
