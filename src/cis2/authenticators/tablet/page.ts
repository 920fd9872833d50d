import type { Answer } from '@alongside/kernel/answer';
import { type Html, html } from '@alongside/kernel/html';
import { ownReferrer } from '../../enrolment/pages/enrolment.ts';
import { type Interaction, interactionPath } from '../../model/interactions.ts';
import { field } from '../../pages/field.ts';
import { cis2Page, type PageOptions } from '../../pages/frame.ts';
import { qrCode } from '../../pages/qr.ts';
import { filled } from '../../text/filled.ts';
import { words } from '../../text/words.ts';
import { appScriptPath } from './app-script.ts';
import { grouped, joiningLifetime } from './protocol.ts';
import { watching } from './wait-script.ts';

const { desk: says } = words.tablet;

/** The page at the desk. */
export interface DeskPage {
  interaction: Interaction;
  applicationName: string;
  /** Which of the requests of this sign-in. */
  serial: number;
  /** Milliseconds until the request runs out. */
  left: number;
  development: boolean;
}

function waitingPage(page: DeskPage, state: string, title: string, main: Html): Answer {
  const { interaction, serial, applicationName, left, development } = page;
  const path = (part: string) => interactionPath(interaction.id, `tablet/${part}`);
  return cis2Page(
    200,
    {
      title,
      development,
      head: watching(path(`state?request=${serial}`), state, left),
      main: html`<p class="lead">${filled(words.common.signingIn, { application: applicationName })}</p>
${main}
<p class="quiet">${says.lifetime} <noscript>${says.noScript}</noscript></p>
<form method="post" action="${path('stop')}"><input type="hidden" name="request" value="${serial}">
<div class="actions"><button class="secondary">${says.cancel}</button></div></form>`,
    },
    { script: ["'self'"], connect: ["'self'"] },
  );
}

/** Nobody has answered yet: the picture and the code. */
export const tabletScanPage = (page: DeskPage, appUrl: string, code: string): Answer =>
  waitingPage(
    page,
    'waiting',
    says.title,
    html`<p>${filled(says.lead, { address: appUrl })}</p>
${qrCode(`${appUrl}#${grouped(code)}`, says.picture)}
<dl class="summary"><dt>${says.code}</dt><dd><strong class="code typed" data-code>${grouped(code)}</strong></dd></dl>
<p class="waiting" role="status">${says.waiting}</p>`,
  );

/** A tablet has opened it, and asks for the number. */
export const tabletNumberPage = (page: DeskPage, number: string): Answer =>
  waitingPage(
    page,
    'opened',
    says.openedTitle,
    html`<div class="panel" role="status"><p>${says.opened}</p>
<p><span class="visually-hidden">${says.number}: </span><strong class="matching" data-number>${number}</strong></p></div>
<p class="waiting">${says.opening}</p>`,
  );

/** It ended without a sign-in. */
export const tabletEndPage = ({ interaction, development }: DeskPage, sentence: string): Answer =>
  cis2Page(200, {
    title: says.title,
    development,
    main: html`<p class="error" role="alert">${sentence}</p>
<p><a class="button" href="${interactionPath(interaction.id, 'tablet')}">${says.again}</a></p>
<p><a href="${interactionPath(interaction.id)}">${says.otherWay}</a></p>`,
  });

const { enrolment: enrol, app } = words.tablet;

interface Shown {
  path(part: string): string;
  development: boolean;
}

const framed = (
  more: Pick<PageOptions, 'title' | 'main' | 'development'> & { head: Html },
  status = 200,
): Answer => cis2Page(status, more, { script: ["'self'"], connect: ["'self'"] }).with(ownReferrer);

/** On the tablet itself, or a picture for it. */
export const tabletEnrolmentPage = (
  { path, development }: Shown,
  given: { issuer: string; code: string; address: string; problem: string; party: string },
): Answer => {
  const { issuer, code, address, problem, party } = given;
  return framed(
    {
      title: enrol.title,
      development,
      head: html`<script src="${appScriptPath}" defer></script>${watching(path('state'), 'waiting', joiningLifetime)}`,
      main: html`${problem ? html`<p class="error" role="alert">${problem}</p>` : undefined}
<section class="panel"><h2>${enrol.here}</h2><p>${app.join}</p>
<noscript><p class="error">${app.noScript}</p></noscript>
<form method="post" action="${path('here')}" data-tablet-key data-issuer="${issuer}" data-code="${code}" data-party="${party}">
<p class="error" role="alert" id="unverified" hidden>${app.unverified}</p>
${field({ name: 'label', label: app.joinLabel, type: 'text', autocomplete: 'off', longest: 60, value: app.title })}
<input type="hidden" name="token" value=""><div class="actions"><button>${app.joinButton}</button></div></form></section>
<section class="panel"><h2>${enrol.elsewhere}</h2><p>${enrol.scan}</p>
${qrCode(address, enrol.picture)}
<p class="waiting" role="status" data-address="${address}">${enrol.waiting}</p></section>`,
    },
    problem ? 400 : 200,
  );
};

/** A tablet has come: it is the right one if both show the same number. */
export const tabletComparePage = ({ path, development }: Shown, number: string, label: string): Answer =>
  framed({
    title: enrol.compareTitle,
    development,
    head: html``,
    main: html`<p>${enrol.compare}</p>
<p><strong class="matching" data-number>${number}</strong></p>
<form method="post" action="${path('compared')}">
${field({ name: 'label', label: app.joinLabel, type: 'text', autocomplete: 'off', longest: 60, value: label })}
<div class="actions"><button name="answer" value="yes">${enrol.yes}</button>
<button class="secondary" name="answer" value="no" formnovalidate>${enrol.no}</button></div></form>`,
  });
