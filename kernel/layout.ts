import { Answer, type PagePolicy, page } from './answer.ts';
import { type Html, html } from './html.ts';
import type { Route } from './request.ts';
import { plainError } from './respond.ts';
import { route } from './route.ts';
import { stylesheet } from './stylesheet.ts';

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

/** Routes of the style sheet, for each service with pages. */
export const stylesheetRoutes: readonly Route[] = route(stylesheetPath, {
  GET: {
    endpoint: async () =>
      new Answer(
        200,
        { 'content-type': 'text/css; charset=utf-8', 'cache-control': 'public, max-age=300' },
        stylesheet,
      ),
    errors: plainError,
  },
});
