import { type Answer, page } from '@alongside/kernel/answer';
import { type Html, html } from '@alongside/kernel/html';
import { stylesheetPath } from '@alongside/kernel/layout';
import { mayBeInAddress } from '../../explanations/paste.ts';
import { orNull } from '../../model/neighbour.ts';
import { clockState } from '../../service/resources/clock.ts';
import { assetPaths } from '../assets.ts';
import { administratorHead, signedInNote } from '../sign-in/pages.ts';
import { type ConsolePage, groups, type PageContent, type PageView } from './page.ts';

const state = (text: Html | string, href: string, isAmber = false): Html =>
  html`<a class="state${isAmber ? ' amber' : ''}" href="${href}">${text}</a>`;

async function reader({ console: { agent } }: PageView): Promise<Html> {
  const status = await orNull(agent.status());
  if (!status) return state('No Identity Agent', '/desk');
  const { card, person } = status;
  if (person) return state(html`Reader: ${person.displayName}, signed in`, '/desk');
  return state(card ? html`Reader: ${card.name}` : 'Reader: empty', '/desk');
}

async function faults({ console: { faults } }: PageView): Promise<Html> {
  const on = [...(await faults.on()).keys()];
  if (on.length === 0) return state('No fault on', '/faults');
  return state(on.length === 1 ? html`Fault: ${on[0]}` : html`${on.length} faults on`, '/faults', true);
}

function clock({ console: { clock }, now }: PageView): Html {
  const { offsetSeconds, frozen } = clockState(clock);
  const at = new Date(now).toISOString();
  const time = html`<time datetime="${at}">${at.slice(11, 19)} UTC</time>`;
  if (frozen) return state(html`Clock: stands still at ${at.slice(0, 10)}, ${time}`, '/clock', true);
  return offsetSeconds === 0
    ? state(html`Clock: real time, ${time}`, '/clock')
    : state(html`Clock: moved to ${at.slice(0, 10)}, ${time}`, '/clock', true);
}

/** The state of the desk, of injected faults and of the clock, in the top bar; in production, the time. */
export async function statusBar(view: PageView): Promise<Html> {
  if (view.console.development) return html`${await reader(view)}${await faults(view)}${clock(view)}`;
  const at = new Date(view.now).toISOString();
  return html`<span class="state"><time datetime="${at}">${at.slice(11, 16)} UTC</time></span>`;
}

async function entry(
  { navigation, path }: ConsolePage,
  view: PageView,
  shown: string,
): Promise<Html | undefined> {
  if (!navigation) return undefined;
  const badge = navigation.badge ? await orNull(navigation.badge(view.console, view.caller)) : undefined;
  const isHere = path === '/' ? shown === '/' : shown === path || shown.startsWith(`${path}/`);
  return html`<li><a href="${path}"${isHere ? html` aria-current="page"` : undefined}>${navigation.label}${
    badge ? html` <span class="badge ${badge.tone}">${badge.text}</span>` : undefined
  }</a></li>`;
}

/** The links of the left column. */
export async function navigation(view: PageView, pages: readonly ConsolePage[]): Promise<Html> {
  const shown = view.request.path;
  const parts = await Promise.all(
    Object.entries(groups).map(async ([group, heading]) => {
      const entries = await Promise.all(
        pages.filter(({ navigation }) => navigation?.group === group).map((each) => entry(each, view, shown)),
      );
      if (entries.length === 0) return undefined;
      return html`${heading ? html`<h2>${heading}</h2>` : undefined}<ul>${entries}</ul>`;
    }),
  );
  return html`${parts}`;
}

const crumbs = ({ crumbs = [], title }: PageContent): Html | undefined =>
  crumbs.length === 0
    ? undefined
    : html`<nav class="crumbs" aria-label="Above this page"><ol>${crumbs.map(
        ({ label, href }) => html`<li><a href="${href}">${label}</a></li>`,
      )}<li aria-current="page">${title}</li></ol></nav>`;

const searchForm = (
  q: string,
): Html => html`<form class="search" role="search" action="/search"><label class="visually-hidden" for="search">Search, or paste an error or an id</label>
<input type="search" id="search" name="q" value="${q}" maxlength="500" placeholder="Search, or paste an error or an id" autocomplete="off" spellcheck="false"><kbd aria-hidden="true">/</kbd></form>`;

/** The keys of all pages, and the switch that WCAG 2.2 criterion 2.1.4 asks for. */
const keysHelp = html`<p class="needs-script"><button type="button" class="small secondary" id="show-keys">Keyboard</button></p>
<dialog id="keys" aria-labelledby="keys-title"><h2 id="keys-title">Keyboard</h2>
<dl class="keys"><dt><kbd>/</kbd></dt><dd>search</dd><dt><kbd>Ctrl</kbd> <kbd>K</kbd></dt><dd>find a page, an error, a journey or a person</dd><dt><kbd>j</kbd> <kbd>k</kbd></dt><dd>next and previous journey or step</dd><dt><kbd>Enter</kbd></dt><dd>opens it</dd><dt><kbd>[</kbd> <kbd>]</kbd></dt><dd>previous and next tab of a step</dd><dt><kbd>x</kbd></dt><dd>marks a journey for comparison</dd><dt><kbd>c</kbd></dt><dd>compares the marked ones, or a journey with the last good one</dd><dt><kbd>Esc</kbd></dt><dd>closes the details of a step</dd><dt><kbd>?</kbd></dt><dd>this list</dd></dl>
<div class="choice"><input type="checkbox" id="keys-on"><label for="keys-on">Use these keys on this browser</label></div>
<form method="dialog"><button type="submit">Close</button></form></dialog>`;

/** Finds while the user types: the pages of the navigation at once, the rest from the API. A combobox with a list of the WAI-ARIA practices. */
const finder = html`<dialog id="finder" class="finder" aria-label="Find">
<input type="search" id="finder-text" role="combobox" aria-label="Find a page, an error, a path, an application, a person or an id" aria-autocomplete="list" aria-expanded="false" aria-controls="finder-list" maxlength="200" placeholder="Find a page, an error, a path, a person" autocomplete="off" spellcheck="false">
<ul id="finder-list" role="listbox" aria-label="Results"></ul>
<p id="finder-state" class="quiet" role="status"></p></dialog>`;

/** Returns a page of the console: navigation, top bar, heading and content. */
export async function framed(
  view: PageView,
  pages: readonly ConsolePage[],
  content: PageContent,
  program?: string,
): Promise<Answer> {
  const { development, version, database } = view.console;
  const { title, heading, lead, actions, main, status = 200 } = content;
  const [links, state] = await Promise.all([navigation(view, pages), statusBar(view)]);
  const administrator = view.caller?.administrator;
  const sought = view.request.path === '/search' ? (view.query.get('q') ?? '') : '';
  const q = mayBeInAddress(sought) ? sought : '';
  const document = html`<!doctype html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} – Alongside</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${stylesheetPath}">
<link rel="stylesheet" href="${assetPaths.stylesheet}">
<script type="module" src="${assetPaths.program('frame/shell')}"></script>
${program ? html`<script type="module" src="${assetPaths.program(program)}"></script>` : undefined}
${administrator ? administratorHead : undefined}
</head>
<body class="console" data-changes="${view.seen}">
<a class="skip" href="#main">Skip to main content</a>
<nav class="column" aria-label="Console">
<p class="brand"><span class="mark" aria-hidden="true"></span><a href="/">Alongside</a></p>
<button type="button" id="menu" class="small secondary needs-script" aria-expanded="false" aria-controls="navigation">Menu</button>
<div id="navigation" data-part="navigation" data-on="journey session application person card">${links}</div>
<p class="about">${development ? 'Test system, fictional people' : undefined}<br>${version} · ${database.description}</p>
</nav>
<header class="bar">
${pages.some(({ path }) => path === '/search') ? searchForm(q) : undefined}
<div class="states"><button type="button" id="live" class="state needs-script" aria-pressed="true">Live</button>
<div id="bar-state" class="states" data-part="status" data-on="desk fault clock session">${state}</div></div>
</header>
<main id="main" tabindex="-1">
<noscript><p class="warning">You can read and filter everything here without JavaScript. To change something, allow it or use the command line.</p></noscript>
${administrator ? signedInNote(administrator) : undefined}
<p id="result" class="result" role="status"></p>
${crumbs(content)}
<div class="title"><div><h1>${heading ?? title}</h1>${lead ? html`<p class="lead">${lead}</p>` : undefined}</div>${
    actions ? html`<div class="actions">${actions}</div>` : undefined
  }</div>
${main}
</main>
<footer><p>Alongside works with published interfaces of NHS services. It is not an NHS service.</p>${keysHelp}</footer>
${pages.some(({ path }) => path === '/search') ? finder : undefined}
</body>
</html>`;
  return page(status, document, { script: ["'self'"], connect: ["'self'"] });
}
