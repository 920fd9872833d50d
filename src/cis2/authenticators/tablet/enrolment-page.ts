import type { Answer } from '@alongside/kernel/answer';
import { type Html, html } from '@alongside/kernel/html';
import { ownReferrer } from '../../enrolment/pages/enrolment.ts';
import { field } from '../../pages/field.ts';
import { cis2Page, type PageOptions } from '../../pages/frame.ts';
import { qrCode } from '../../pages/qr.ts';
import { words } from '../../text/words.ts';
import { appScriptPath } from './app-script.ts';
import { joiningLifetime } from './joining.ts';
import { watching } from './watching.ts';

const { enrolment: says, app } = words.tablet;

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
      title: says.title,
      development,
      head: html`<script src="${appScriptPath}" defer></script>${watching(path('state'), 'waiting', joiningLifetime)}`,
      main: html`${problem ? html`<p class="error" role="alert">${problem}</p>` : undefined}
<section class="panel"><h2>${says.here}</h2><p>${app.join}</p>
<noscript><p class="error">${app.noScript}</p></noscript>
<form method="post" action="${path('here')}" data-tablet-key data-issuer="${issuer}" data-code="${code}" data-party="${party}">
<p class="error" role="alert" id="unverified" hidden>${app.unverified}</p>
${field({ name: 'label', label: app.joinLabel, type: 'text', autocomplete: 'off', longest: 60, value: app.title })}
<input type="hidden" name="token" value=""><div class="actions"><button>${app.joinButton}</button></div></form></section>
<section class="panel"><h2>${says.elsewhere}</h2><p>${says.scan}</p>
${qrCode(address, says.picture)}
<p class="waiting" role="status" data-address="${address}">${says.waiting}</p></section>`,
    },
    problem ? 400 : 200,
  );
};

/** A tablet has come: it is the right one if both show the same number. */
export const tabletComparePage = ({ path, development }: Shown, number: string, label: string): Answer =>
  framed({
    title: says.compareTitle,
    development,
    head: html``,
    main: html`<p>${says.compare}</p>
<p><strong class="matching" data-number>${number}</strong></p>
<form method="post" action="${path('compared')}">
${field({ name: 'label', label: app.joinLabel, type: 'text', autocomplete: 'off', longest: 60, value: label })}
<div class="actions"><button name="answer" value="yes">${says.yes}</button>
<button class="secondary" name="answer" value="no" formnovalidate>${says.no}</button></div></form>`,
  });
