import type { Answer } from '@alongside/kernel/answer';
import { type Html, html } from '@alongside/kernel/html';
import { type Interaction, interactionPath } from '../../model/interactions.ts';
import { cis2Page } from '../../pages/frame.ts';
import { qrCode } from '../../pages/qr.ts';
import { filled } from '../../text/filled.ts';
import { words } from '../../text/words.ts';
import { grouped } from './short-code.ts';
import { watching } from './watching.ts';

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
