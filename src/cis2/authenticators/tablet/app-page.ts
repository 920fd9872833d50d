import type { Answer } from '@alongside/kernel/answer';
import { type Html, html } from '@alongside/kernel/html';
import { cis2Page, field, programTag } from '../../pages/frame.ts';
import { filled, markedUp } from '../../text/words.ts';
import { demoTablet } from './seed.ts';
import { tabletText } from './text.ts';

const { app: text } = tabletText;

/** A state of the app. The script shows one at a time. */
const view = (name: string, title: string, main: Html): Html =>
  html`<section data-view="${name}" aria-labelledby="${name}-title" hidden><h1 id="${name}-title" tabindex="-1">${title}</h1>
${main}</section>`;

const restart = html`<div class="actions"><button type="button" class="secondary" data-restart>${text.restart}</button></div>`;

const demo = html`<h2>${text.demoTitle}</h2><p class="hint">${text.demoHint}</p>
<div class="actions"><button type="button" class="secondary" id="demo">${filled(text.demo, { persona: demoTablet.persona })}</button></div>`;

const none = (development: boolean): Html =>
  view('none', text.noneTitle, html`<p>${text.none}</p>${development ? demo : undefined}`);

const ready = view(
  'ready',
  text.readyTitle,
  html`<p>${text.ready}</p>
<form id="open">${field({ name: 'code', label: text.code, type: 'text', autocomplete: 'off', longest: 16 })}
<div class="actions"><button>${text.open}</button></div></form>`,
);

const question = view(
  'question',
  text.questionTitle,
  html`<p>${markedUp(text.question, { application: html`<strong id="application"></strong>` })} ${text.questionHint}</p>
<div class="actions numbers" id="numbers" role="group" aria-label="${text.choose}"></div>
<div class="actions"><button type="button" class="secondary" id="deny">${text.deny}</button></div>`,
);

const join = view(
  'join',
  text.joinTitle,
  html`<p>${text.join}</p>
<form id="join">${field({ name: 'label', label: text.joinLabel, type: 'text', autocomplete: 'off', longest: 60, value: text.title })}
<div class="actions"><button>${text.joinButton}</button></div></form>`,
);

const joined = view(
  'joined',
  text.joinedTitle,
  html`<p>${text.joined}</p><p><strong class="matching" id="number"></strong></p>${restart}`,
);

/** The tablet app: one page, with a script that stores the key. */
export const tabletAppPage = (issuer: string, party: string, development: boolean): Answer =>
  cis2Page(
    200,
    {
      title: text.title,
      development,
      heading: false,
      head: programTag('authenticators/tablet/app'),
      main: html`<noscript><h1>${text.title}</h1><p class="error">${text.noScript}</p></noscript>
<div id="tablet" data-issuer="${issuer}" data-unreachable="${text.unreachable}" data-party="${party}">
<p class="error" role="alert" id="unverified" hidden>${text.unverified}</p>
${none(development)}${ready}${question}${join}${joined}
${view('working', text.title, html`<p class="waiting" role="status">${text.working}</p>`)}
${view('approved', text.approvedTitle, html`<p>${text.approved}</p>${restart}`)}
${view('denied', text.deniedTitle, html`<p>${text.denied}</p>${restart}`)}
${view('problem', text.problemTitle, html`<p class="error" role="alert" id="problem"></p>${restart}`)}
</div>`,
    },
    { script: ["'self'"], connect: ["'self'"] },
  );
