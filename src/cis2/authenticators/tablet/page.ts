import type { Answer } from '@alongside/kernel/answer';
import { type Html, html } from '@alongside/kernel/html';
import { ownReferrer } from '../../enrolment/pages/enrolment.ts';
import { type Interaction, interactionPath } from '../../model/interactions.ts';
import { cis2Page, field, type PageOptions, programTag } from '../../pages/frame.ts';
import { filled, words } from '../../text/words.ts';
import { qrCode } from '../shared/account-page.ts';
import { grouped } from './protocol.ts';
import { tabletText } from './text.ts';

const { desk, app, enrolment } = tabletText;
/** Milliseconds until the program stops polling; without scripts the page reloads regularly. */
const waitHead = (address: string, state: string, left: number): Html =>
  html`${programTag('authenticators/tablet/wait')}<noscript><meta http-equiv="refresh" content="3"></noscript><meta name="watched" content="${address}" data-state="${state}" data-left="${Math.max(0, left)}">`;

const scripted = { script: ["'self'"], connect: ["'self'"] };

/** A page on the workstation that waits for the tablet. */
export interface WorkstationPage {
  interaction: Interaction;
  applicationName: string;
  /** Serial number of the request within the sign-in. */
  serial: number;
  /** Milliseconds until the request expires. */
  left: number;
  development: boolean;
}

function waitingPage(page: WorkstationPage, state: string, title: string, main: Html): Answer {
  const { interaction, serial, applicationName, left, development } = page;
  const path = (part: string) => interactionPath(interaction.id, `tablet/${part}`);
  return cis2Page(
    200,
    {
      title,
      development,
      head: waitHead(path(`state?request=${serial}`), state, left),
      main: html`<p class="lead">${filled(words.common.signingIn, { application: applicationName })}</p>
${main}
<p class="quiet">${desk.lifetime} <noscript>${desk.noScript}</noscript></p>
<form method="post" action="${path('stop')}"><input type="hidden" name="request" value="${serial}">
<div class="actions"><button class="secondary">${desk.cancel}</button></div></form>`,
    },
    scripted,
  );
}

/** Shows the QR code and the code, until a tablet opens the request. */
export const tabletScanPage = (page: WorkstationPage, appUrl: string, code: string): Answer =>
  waitingPage(
    page,
    'waiting',
    desk.title,
    html`<p>${filled(desk.lead, { address: appUrl })}</p>
${qrCode(`${appUrl}#${grouped(code)}`, desk.picture)}
<dl class="summary"><dt>${desk.code}</dt><dd><strong class="code typed" data-code>${grouped(code)}</strong></dd></dl>
<p class="waiting" role="status">${desk.waiting}</p>`,
  );

/** Shows the number to choose on the tablet. */
export const tabletNumberPage = (page: WorkstationPage, number: string): Answer =>
  waitingPage(
    page,
    'opened',
    desk.openedTitle,
    html`<div class="panel" role="status"><p>${desk.opened}</p>
<p><span class="visually-hidden">${desk.number}: </span><strong class="matching" data-number>${number}</strong></p></div>
<p class="waiting">${desk.opening}</p>`,
  );

/** Shows why the request ended without a sign-in. */
export const tabletEndPage = ({ interaction, development }: WorkstationPage, reason: string): Answer =>
  cis2Page(200, {
    title: desk.title,
    development,
    main: html`<p class="error" role="alert">${reason}</p>
<p><a class="button" href="${interactionPath(interaction.id, 'tablet')}">${desk.again}</a></p>
<p><a href="${interactionPath(interaction.id)}">${desk.otherWay}</a></p>`,
  });

/** Milliseconds in which a tablet may scan the code of an enrolment. */
export const joinLifetime = 600_000;

interface EnrolmentPage {
  path(part: string): string;
  development: boolean;
}

const enrolmentPage = (
  options: Pick<PageOptions, 'title' | 'main' | 'development'> & { head: Html },
  status = 200,
): Answer => cis2Page(status, options, scripted).with(ownReferrer);

const labelField = (value: string): Html =>
  field({ name: 'label', label: app.joinLabel, type: 'text', autocomplete: 'off', longest: 60, value });

/** Sets this tablet up, for which its script enables the button, or shows a QR code for another one. */
export const tabletEnrolmentPage = (
  { path, development }: EnrolmentPage,
  {
    issuer,
    code,
    address,
    problem,
    party,
  }: { issuer: string; code: string; address: string; problem: string; party: string },
): Answer =>
  enrolmentPage(
    {
      title: enrolment.title,
      development,
      head: html`${programTag('authenticators/tablet/app')}${waitHead(path('state'), 'waiting', joinLifetime)}`,
      main: html`${problem ? html`<p class="error" role="alert">${problem}</p>` : undefined}
<section class="panel"><h2>${enrolment.here}</h2><p>${app.join}</p>
<noscript><p class="error">${app.noScript}</p></noscript>
<form method="post" action="${path('here')}" data-tablet-key data-issuer="${issuer}" data-code="${code}" data-party="${party}">
<p class="error" role="alert" id="unverified" hidden>${app.unverified}</p>
${labelField(app.title)}
<input type="hidden" name="token" value=""><div class="actions"><button disabled>${app.joinButton}</button></div></form></section>
<section class="panel"><h2>${enrolment.elsewhere}</h2><p>${enrolment.scan}</p>
${qrCode(address, enrolment.picture)}
<p class="waiting" role="status" data-address="${address}">${enrolment.waiting}</p></section>`,
    },
    problem ? 400 : 200,
  );

/** Asks whether the tablet that scanned the code shows the same number. */
export const tabletComparePage = (
  { path, development }: EnrolmentPage,
  number: string,
  label: string,
): Answer =>
  enrolmentPage({
    title: enrolment.compareTitle,
    development,
    head: html``,
    main: html`<p>${enrolment.compare}</p>
<p><strong class="matching" data-number>${number}</strong></p>
<form method="post" action="${path('compared')}">
${labelField(label)}
<div class="actions"><button name="answer" value="yes">${enrolment.yes}</button>
<button class="secondary" name="answer" value="no" formnovalidate>${enrolment.no}</button></div></form>`,
  });
