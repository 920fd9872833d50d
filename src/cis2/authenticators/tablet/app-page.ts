import type { Answer } from '@alongside/kernel/answer';
import { type Html, html } from '@alongside/kernel/html';
import { field } from '../../pages/field.ts';
import { cis2Page } from '../../pages/frame.ts';
import { filled, markedUp } from '../../text/filled.ts';
import { words } from '../../text/words.ts';
import { appScriptPath } from './app-script.ts';
import { demoTablet } from './seed.ts';

const { app: says } = words.tablet;

/** One state of the app; its script shows one at a time. */
const view = (name: string, title: string, main: Html): Html =>
  html`<section data-view="${name}" aria-labelledby="${name}-title" hidden><h1 id="${name}-title" tabindex="-1">${title}</h1>
${main}</section>`;

const restart = html`<div class="actions"><button type="button" class="secondary" data-restart>${says.restart}</button></div>`;

const demo = html`<h2>${says.demoTitle}</h2><p class="hint">${says.demoHint}</p>
<div class="actions"><button type="button" class="secondary" id="demo">${filled(says.demo, { persona: demoTablet.persona })}</button></div>`;

const none = (development: boolean): Html =>
  view('none', says.noneTitle, html`<p>${says.none}</p>${development ? demo : undefined}`);

const ready = view(
  'ready',
  says.readyTitle,
  html`<p>${says.ready}</p>
<form id="open">${field({ name: 'code', label: says.code, type: 'text', autocomplete: 'off', longest: 16 })}
<div class="actions"><button>${says.open}</button></div></form>`,
);

const question = view(
  'question',
  says.questionTitle,
  html`<p>${markedUp(says.question, { application: html`<strong id="application"></strong>` })} ${says.questionHint}</p>
<div class="actions numbers" id="numbers" role="group" aria-label="${says.choose}"></div>
<div class="actions"><button type="button" class="secondary" id="deny">${says.deny}</button></div>`,
);

const join = view(
  'join',
  says.joinTitle,
  html`<p>${says.join}</p>
<form id="join">${field({ name: 'label', label: says.joinLabel, type: 'text', autocomplete: 'off', longest: 60, value: says.title })}
<div class="actions"><button>${says.joinButton}</button></div></form>`,
);

const joined = view(
  'joined',
  says.joinedTitle,
  html`<p>${says.joined}</p><p><strong class="matching" id="number"></strong></p>${restart}`,
);

/** The app that plays the tablet: one page, whose script holds the key. */
export const tabletAppPage = (issuer: string, party: string, development: boolean): Answer =>
  cis2Page(
    200,
    {
      title: says.title,
      development,
      heading: false,
      head: html`<script src="${appScriptPath}" defer></script>`,
      main: html`<noscript><h1>${says.title}</h1><p class="error">${says.noScript}</p></noscript>
<div id="tablet" data-issuer="${issuer}" data-unreachable="${says.unreachable}" data-party="${party}">
<p class="error" role="alert" id="unverified" hidden>${says.unverified}</p>
${none(development)}${ready}${question}${join}${joined}
${view('working', says.title, html`<p class="waiting" role="status">${says.working}</p>`)}
${view('approved', says.approvedTitle, html`<p>${says.approved}</p>${restart}`)}
${view('denied', says.deniedTitle, html`<p>${says.denied}</p>${restart}`)}
${view('problem', says.problemTitle, html`<p class="error" role="alert" id="problem"></p>${restart}`)}
</div>`,
    },
    { script: ["'self'"], connect: ["'self'"] },
  );
