import type { Answer } from '@alongside/kernel/answer';
import { type Html, html } from '@alongside/kernel/html';
import { framedPage } from '@alongside/kernel/layout';
import { appScriptPath } from '../authenticators/tablet/app-script.ts';
import { demoTablet } from '../authenticators/tablet/demo-key.ts';
import { field } from './field.ts';
import { tabletSentences } from './tablet-text.ts';
import { serviceName } from './text.ts';
import { filled } from './webauthn-text.ts';

const { app: words } = tabletSentences;

/** One state of the app; its script shows one at a time. */
const view = (name: string, title: string, main: Html): Html =>
  html`<section data-view="${name}" aria-labelledby="${name}-title" hidden><h1 id="${name}-title" tabindex="-1">${title}</h1>
${main}</section>`;

const restart = html`<div class="actions"><button type="button" class="secondary" data-restart>${words.restart}</button></div>`;

const demo = html`<h2>${words.demoTitle}</h2><p class="hint">${words.demoHint}</p>
<div class="actions"><button type="button" class="secondary" id="demo">${filled(words.demo, { persona: demoTablet.persona })}</button></div>`;

const none = (development: boolean): Html =>
  view('none', words.noneTitle, html`<p>${words.none}</p>${development ? demo : undefined}`);

const ready = view(
  'ready',
  words.readyTitle,
  html`<p>${words.ready}</p>
<form id="open">${field({ name: 'code', label: words.code, type: 'text', autocomplete: 'off', longest: 16 })}
<div class="actions"><button>${words.open}</button></div></form>`,
);

const question = view(
  'question',
  words.questionTitle,
  html`<p><strong id="application"></strong> ${words.question} ${words.questionHint}</p>
<div class="actions numbers" id="numbers" role="group" aria-label="${words.choose}"></div>
<div class="actions"><button type="button" class="secondary" id="deny">${words.deny}</button></div>`,
);

const join = view(
  'join',
  words.joinTitle,
  html`<p>${words.join}</p>
<form id="join">${field({ name: 'label', label: words.joinLabel, type: 'text', autocomplete: 'off', longest: 60, value: words.title })}
<div class="actions"><button>${words.joinButton}</button></div></form>`,
);

const joined = view(
  'joined',
  words.joinedTitle,
  html`<p>${words.joined}</p><p><strong class="matching" id="number"></strong></p>${restart}`,
);

/** The app that plays the tablet: one page, whose script holds the key. */
export const tabletAppPage = (issuer: string, development: boolean): Answer =>
  framedPage(
    200,
    {
      title: words.title,
      service: serviceName,
      development,
      heading: false,
      head: html`<script src="${appScriptPath}" defer></script>`,
      main: html`<noscript><h1>${words.title}</h1><p class="error">${words.noScript}</p></noscript>
<div id="tablet" data-issuer="${issuer}" data-unreachable="${words.unreachable}">
${none(development)}${ready}${question}${join}${joined}
${view('working', words.title, html`<p class="waiting" role="status">${words.working}</p>`)}
${view('approved', words.approvedTitle, html`<p>${words.approved}</p>${restart}`)}
${view('denied', words.deniedTitle, html`<p>${words.denied}</p>${restart}`)}
${view('problem', words.problemTitle, html`<p class="error" role="alert" id="problem"></p>${restart}`)}
</div>`,
    },
    { script: ["'self'"], connect: ["'self'"] },
  );
