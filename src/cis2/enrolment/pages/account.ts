import type { Answer } from '@alongside/kernel/answer';
import { type Html, html } from '@alongside/kernel/html';
import { accountPath } from '../../model/relying-party.ts';
import type { AssuranceLevel } from '../../model/session.ts';
import { cis2Page } from '../../pages/frame.ts';
import { filled, words } from '../../text/words.ts';
import { type Enrolment, maxLabelLength } from '../enrolment.ts';
import { otherSessions, ownReferrer } from './enrolment.ts';

const { account: says, common } = words;

/** An authenticator on the user's own page. Times in milliseconds. */
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
  /** Level of the current sign-in. */
  level: AssuranceLevel;
  /** Whether the user entered the PIN or its equivalent recently. */
  recent: boolean;
  /** Sessions of the user in other browsers. */
  others: number;
  credentials: readonly OwnCredential[];
  enrolments: readonly Enrolment[];
  /** The kind that the user chose to add before the last sign-in. */
  chosen?: string | undefined;
  development: boolean;
}

const dates = new Intl.DateTimeFormat(words.locale, { dateStyle: 'long', timeZone: 'Europe/London' });
const day = (time: number): Html =>
  html`<time datetime="${new Date(time).toISOString()}">${dates.format(time)}</time>`;

const facts = ({ kind, level, createdAt, usedAt }: OwnCredential): Html =>
  html`<dl class="summary"><dt>${says.kind}</dt><dd>${filled(says.kindAt, { kind, level })}</dd><dt>${says.added}</dt><dd>${day(createdAt)}</dd>
<dt>${says.used}</dt><dd>${usedAt === null ? says.never : day(usedAt)}</dd></dl>`;

const listed = (credential: OwnCredential, level: AssuranceLevel): Html =>
  html`<section class="panel"><h2>${credential.label}</h2>${facts(credential)}
${
  level < credential.level
    ? html`<p class="hint">${filled(says.tooLow, { level: credential.level })}</p>`
    : html`<p><a href="${credential.href}">${says.change}<span class="visually-hidden"> ${credential.label}</span></a></p>`
}</section>`;

const radio = ({ kind, label, hint }: Enrolment, chosen: boolean): Html => html`<div class="choice">
<input type="radio" id="add-${kind}" name="kind" value="${kind}" aria-describedby="hint-${kind}" required ${chosen ? html`checked autofocus` : undefined}>
<div><label for="add-${kind}">${label}</label><p class="hint" id="hint-${kind}">${hint}</p></div></div>`;

/** Lists the kinds that this level may add, and those that need a higher level. */
function adding(enrolments: readonly Enrolment[], level: AssuranceLevel, chosen?: string): Html {
  const open = enrolments.filter((enrolment) => enrolment.level <= level);
  const closed = enrolments.filter((enrolment) => enrolment.level > level);
  return html`<h2>${says.add}</h2>
${
  open.length === 0
    ? undefined
    : html`<form method="post" action="${accountPath}/add"><fieldset><legend>${says.addWhat}</legend>${open.map((one) => radio(one, one.kind === chosen))}</fieldset>
<div class="actions"><button>${says.addButton}</button></div></form>`
}
${
  closed.length === 0
    ? undefined
    : html`<div class="panel"><h2>${says.thirdOnly}</h2><ul>${closed.map(({ label }) => html`<li>${label}</li>`)}</ul>
<p><a href="${accountPath}/sign-in?level=3">${says.third}</a></p></div>`
}`;
}

/** The page without a signed-in user. */
export const signedOutAccountPage = (development: boolean): Answer =>
  cis2Page(403, {
    title: says.title,
    development,
    main: html`<p class="lead">${says.signedOut}</p>
<p><a class="button" href="${accountPath}/sign-in">${common.signIn}</a></p>`,
  });

/** The page of the user's own authenticators. */
export const accountPage = ({
  personName,
  level,
  recent,
  others,
  credentials,
  enrolments,
  chosen,
  development,
}: Account): Answer =>
  cis2Page(200, {
    title: says.title,
    development,
    main: html`<dl class="summary"><dt>${common.signedIn}</dt><dd>${filled(says.at, { name: personName, level })}</dd></dl>
${credentials.length === 0 ? html`<p>${says.none}</p>` : credentials.map((credential) => listed(credential, level))}
<p class="quiet">${says.smartcards}</p>
${recent ? undefined : html`<p class="note">${says.again}</p>`}
${adding(enrolments, level, chosen)}
${otherSessions(others)}`,
  }).with(ownReferrer);

/** The page to rename or remove an authenticator. */
export const credentialPage = ({
  credential,
  newLabel,
  inUse,
  development,
}: {
  credential: OwnCredential;
  /** The label in the form. */
  newLabel: string;
  /** Whether the user signed in with it. */
  inUse: boolean;
  development: boolean;
}): Answer =>
  cis2Page(200, {
    title: credential.label,
    development,
    main: html`${facts(credential)}
<h2>${says.rename}</h2>
<form method="post" action="${credential.href}/rename"><div class="field"><label for="label">${says.name}</label>
<input type="text" id="label" name="label" value="${newLabel}" maxlength="${maxLabelLength}" required autocomplete="off"></div>
<div class="actions"><button>${says.save}</button></div></form>
<h2>${says.remove}</h2>
<p>${says.removing} ${inUse ? html`<strong>${says.ofYours}</strong>` : says.ofOthers}</p>
<form method="post" action="${credential.href}/remove"><div class="actions"><button class="secondary">${says.remove}</button></div></form>
<p><a href="${accountPath}">${says.back}</a></p>`,
  }).with(ownReferrer);
