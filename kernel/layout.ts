import { type Answer, type PagePolicy, page } from './answer.ts';
import { assetAt } from './assets.ts';
import { type Html, html } from './html.ts';
import type { Route } from './request.ts';

/** The style sheet of every page: no external font, image or script; light and dark; from 320 px up. */
export const stylesheet = `
:root {
  --ink: #14201d; --quiet: #4a5a55; --paper: #fbfaf7; --card: #ffffff; --line: #cfd6d2; --accent: #0b5d4f; --accent-ink: #ffffff;
  --accent-soft: #e3f0ec; --bad: #a3231c; --bad-soft: #fbe9e7; --good: #1c6b2c; --warn: #7a4a00; --warn-soft: #fdf1d8; --focus: #b45309;
  font-size: 100%;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e8eeeb; --quiet: #aab8b3; --paper: #101715; --card: #18211e; --line: #3a4844; --accent: #6fd3bd; --accent-ink: #06231d;
    --accent-soft: #17332d; --bad: #ff9c92; --bad-soft: #3a1815; --good: #83d693; --warn: #f4c66b; --warn-soft: #3a2c0c; --focus: #ffb454;
  }
}
*, *::before, *::after { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: flex; flex-direction: column; color: var(--ink); background: var(--paper);
  font: 1.0625rem/1.5 system-ui, "Segoe UI", Roboto, "Liberation Sans", sans-serif; overflow-wrap: break-word; }
.skip { position: absolute; left: -999rem; }
.skip:focus { left: 1rem; top: 1rem; background: var(--card); padding: .5rem 1rem; z-index: 9; }
header { display: flex; flex-wrap: wrap; gap: .25rem 1rem; justify-content: space-between; align-items: center;
  padding: .75rem 1.25rem; border-bottom: 1px solid var(--line); background: var(--card); }
header p { margin: 0; }
.brand { font-weight: 650; display: flex; flex-wrap: wrap; align-items: center; gap: .5rem; }
.mark { width: 1.1rem; height: 1.1rem; border-radius: .3rem; background: linear-gradient(90deg, var(--accent) 46%, transparent 46% 54%, var(--accent) 54%); }
.part { font-weight: 400; color: var(--quiet); }
.test-system { font-size: .875rem; color: var(--warn); background: var(--warn-soft); padding: .125rem .625rem; border-radius: 1rem; }
@media (forced-colors: active) { .mark { forced-color-adjust: none; } .test-system { border: 1px solid; } }
main { flex: 1; width: 100%; margin: 0 auto; padding: 2rem 1.25rem 3rem; }
main.narrow { max-width: 36rem; }
main.wide { max-width: 78rem; }
footer { padding: 1rem 1.25rem; border-top: 1px solid var(--line); color: var(--quiet); font-size: .875rem; }
footer p { margin: 0; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 1rem; }
h2 { font-size: 1.25rem; line-height: 1.3; margin: 2rem 0 .75rem; }
p, ul, ol, dl { margin: 0 0 1rem; }
a { color: var(--accent); text-underline-offset: .15em; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
h1[tabindex]:focus-visible { outline: none; }
.lead { font-size: 1.125rem; color: var(--quiet); }
.quiet { color: var(--quiet); }
.panel { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: 1.25rem; margin: 0 0 1.25rem; }
:is(.panel, .note, .error, .error-summary, .warning) > h2:first-child { margin-top: 0; }
:is(.panel, .note, .error, .error-summary, .warning) > :last-child { margin-bottom: 0; }
.note { background: var(--accent-soft); border-left: 4px solid var(--accent); padding: .75rem 1rem; margin: 0 0 1.25rem; }
.error, .error-summary { background: var(--bad-soft); border-left: 4px solid var(--bad); padding: .75rem 1rem; margin: 0 0 1.25rem; }
.error-message { color: var(--bad); font-weight: 600; margin: 0 0 .5rem; }
.warning { background: var(--warn-soft); border-left: 4px solid var(--warn); padding: .75rem 1rem; margin: 0 0 1.25rem; }
label { display: block; font-weight: 600; margin: 0 0 .25rem; }
.hint { color: var(--quiet); margin: 0 0 .5rem; font-size: 1rem; }
input[type=text], input[type=password], input[type=search], input[type=email], select { font: inherit; color: inherit; background: var(--card);
  width: 100%; max-width: 24rem; padding: .5rem .75rem; border: 2px solid var(--quiet); border-radius: .375rem; min-height: 2.75rem; }
.matching { font-size: 3rem; line-height: 1.2; letter-spacing: .1em; font-variant-numeric: tabular-nums; }
.code.typed { font-size: 1.375rem; letter-spacing: .06em; }
.picture { margin: 0 0 1rem; }
.picture svg { display: block; }
.numbers button { min-width: 5.5rem; min-height: 4.5rem; font-size: 2rem; font-variant-numeric: tabular-nums; }
input.short { max-width: 12rem; letter-spacing: .2em; font-variant-numeric: tabular-nums; }
.field { margin: 0 0 1.25rem; }
button, .button { font: inherit; font-weight: 600; display: inline-block; cursor: pointer; text-decoration: none; min-height: 2.75rem;
  padding: .55rem 1.25rem; border-radius: .375rem; border: 2px solid var(--accent); background: var(--accent); color: var(--accent-ink); }
button:hover, .button:hover { filter: brightness(1.08); }
.secondary { background: transparent; color: var(--accent); }
.small { min-height: 2rem; padding: .2rem .75rem; font-size: .9375rem; }
.actions { display: flex; flex-wrap: wrap; gap: .75rem; margin: 0 0 1.25rem; align-items: center; }
fieldset { border: 0; padding: 0; margin: 0 0 1.25rem; min-width: 0; }
legend { font-weight: 600; padding: 0; margin: 0 0 .5rem; }
.choice { display: flex; gap: .75rem; align-items: flex-start; padding: .625rem .75rem; border: 1px solid var(--line); border-radius: .375rem; background: var(--card); margin: 0 0 .5rem; }
.choice input { width: 1.5rem; height: 1.5rem; margin: 0; flex: none; accent-color: var(--accent); }
.choice label { margin: 0; font-weight: 500; flex: 1; }
small.hint { font-size: .875em; }
.choice .hint { margin: 0; font-weight: 400; }
dl.summary { display: grid; grid-template-columns: minmax(8rem, max-content) 1fr; gap: .375rem 1.25rem; }
dl.summary dt { color: var(--quiet); }
dl.summary dd { margin: 0; min-width: 0; overflow-wrap: anywhere; }
@media (max-width: 30rem) { dl.summary { grid-template-columns: 1fr; gap: 0; } dl.summary dd { margin: 0 0 .5rem; } }
.scroll { overflow-x: auto; margin: 0 0 1.25rem; }
table { border-collapse: collapse; width: 100%; font-size: .9375rem; }
caption { text-align: left; font-weight: 600; margin: 0 0 .5rem; }
th, td { text-align: left; padding: .5rem .75rem; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-weight: 600; color: var(--quiet); }
code, .code { font-family: ui-monospace, "Cascadia Mono", "Liberation Mono", monospace; font-size: .9em; }
.tag { display: inline-block; padding: .05rem .6rem; border-radius: 1rem; font-size: .875rem; font-weight: 600; border: 1px solid currentColor; white-space: nowrap; }
.tag.good { color: var(--good); } .tag.bad { color: var(--bad); } .tag.warn { color: var(--warn); } .tag.plain { color: var(--quiet); }
details { margin: 0 0 1.25rem; } summary { cursor: pointer; color: var(--accent); font-weight: 600; }
.grid { display: grid; gap: 1.25rem; grid-template-columns: repeat(auto-fit, minmax(min(20rem, 100%), 1fr)); }
.grid > .panel { margin: 0; }
.visually-hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (prefers-reduced-motion: no-preference) { .waiting::after { content: ""; display: inline-block; width: 1em; height: 1em; margin-left: .5em;
  border: 3px solid var(--line); border-top-color: var(--accent); border-radius: 50%; animation: turn 1s linear infinite; vertical-align: -.15em; } }
@keyframes turn { to { transform: rotate(1turn); } }
`;

/** Texts of the frame and their language (BCP 47). */
export interface FrameWords {
  lang: string;
  skip: string;
  /** Shown in development. */
  testSystem: string;
  notice: string;
}

const english: FrameWords = {
  lang: 'en',
  skip: 'Skip to main content',
  testSystem: 'Test system, fictional people',
  notice: 'Alongside works with published interfaces of NHS services. It is not an NHS service.',
};

export interface LayoutOptions {
  /** Title of the document and, unless `heading` is false, the first heading of the page. */
  title: string;
  /** Name of the service, shown in the header. */
  service: string;
  main: Html;
  /** In development the page shows that this is a test system with fictional people. */
  development: boolean;
  /** Set to false if `main` contains the heading. */
  heading?: boolean;
  /** More elements for the head, such as a script or a refresh. */
  head?: Html;
  /** Wide pages are for tables and diagrams, narrow ones for a single question. */
  wide?: boolean;
  /** English by default. */
  words?: FrameWords;
  /** Path before that of the style sheet, for a service below a base path; empty by default. */
  assets?: string;
}

/** Path of the style sheet at each service. */
export const stylesheetPath = '/assets/alongside.css';

/** The frame of every page: skip link, header, main part, footer. */
const layout = ({ words = english, ...options }: LayoutOptions): Html => html`<!doctype html>
<html lang="${words.lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${options.title} – ${options.service}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${options.assets}${stylesheetPath}">
${options.head}
</head>
<body>
<a class="skip" href="#main">${words.skip}</a>
<header><p class="brand"><span class="mark" aria-hidden="true"></span>Alongside <span class="part">${options.service}</span></p>
${options.development ? html`<p class="test-system">${words.testSystem}</p>` : undefined}</header>
<main id="main" class="${options.wide ? 'wide' : 'narrow'}">
${options.heading === false ? undefined : html`<h1>${options.title}</h1>`}
${options.main}
</main>
<footer><p>${words.notice}</p></footer>
</body>
</html>`;

/** Shows the code at the end of a name, `Example Surgery (A9A5A)`, small beside it. */
export function codeBeside(text: string): Html {
  const [, name = text, code] = /^(.*\S) (\([^()]*\))$/s.exec(text) ?? [];
  return html`<bdi>${name}</bdi>${code === undefined ? undefined : html` <small class="hint">${code}</small>`}`;
}

/** Returns a page in the common frame. */
export const framedPage = (status: number, options: LayoutOptions, policy: PagePolicy = {}): Answer =>
  page(status, layout(options), policy);

/**
 * Returns a page that continues to another origin by GET. A form post cannot redirect there, because
 * `form-action 'self'` silently blocks it.
 */
export const continuePage = (options: Omit<LayoutOptions, 'main' | 'head'> & { to: string }): Answer =>
  framedPage(200, {
    ...options,
    head: html`<meta http-equiv="refresh" content="0;url=${options.to}">`,
    main: html`<p role="status">You are being redirected.</p><p><a class="button" href="${options.to}">Continue</a></p>`,
  });

/** Returns the routes of the style sheet below a base path. */
export const stylesheetRoutesAt = (base: string): Route[] =>
  assetAt(`${base}${stylesheetPath}`, 'text/css; charset=utf-8', () => stylesheet);

/** Routes of the style sheet, for each service with pages. */
export const stylesheetRoutes: readonly Route[] = stylesheetRoutesAt('');
