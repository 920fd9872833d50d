import { Answer, type PagePolicy, page } from './answer.ts';
import { type Html, html } from './html.ts';
import type { Route } from './http.ts';
import { stylesheet } from './stylesheet.ts';

/** What the frame itself says, and in which language (BCP 47). */
export interface FrameWords {
  lang: string;
  skip: string;
  /** In development. */
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
  /** Title of the document and, unless `heading` is false, first heading of the page. */
  title: string;
  /** Name of the part that shows the page, in its header. */
  service: string;
  main: Html;
  /** Set in development: the page says that this is a test system with fictional people. */
  development: boolean;
  /** Leaves the heading to `main`. */
  heading?: boolean;
  /** More for the head, such as a script or a refresh. */
  head?: Html;
  /** Wide pages are for tables and diagrams, narrow ones for one question. */
  wide?: boolean;
  /** English unless told. */
  words?: FrameWords;
}

/** Where each service serves the style sheet. */
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
<link rel="stylesheet" href="${stylesheetPath}">
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

/** A page in the common frame. */
export const framedPage = (status: number, options: LayoutOptions, policy: PagePolicy = {}): Answer =>
  page(status, layout(options), policy);

/** A page that sends the browser on by GET: what a form post that leads to another origin ends in, for `form-action 'self'` would block a redirect silently. */
export const continuePage = (options: Omit<LayoutOptions, 'main' | 'head'> & { to: string }): Answer =>
  framedPage(200, {
    ...options,
    head: html`<meta http-equiv="refresh" content="0;url=${options.to}">`,
    main: html`<p role="status">You are being taken on.</p><p><a class="button" href="${options.to}">Continue</a></p>`,
  });

/** The style sheet, for the routes of each service with pages. */
export const stylesheetRoute: Route = {
  methods: ['GET'],
  path: stylesheetPath,
  endpoint: async () =>
    new Answer(
      200,
      { 'content-type': 'text/css; charset=utf-8', 'cache-control': 'public, max-age=300' },
      stylesheet,
    ),
};
