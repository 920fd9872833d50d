import { Answer } from '@alongside/kernel/answer';
import { type Html, html } from '@alongside/kernel/html';
import { type ErrorFormat, type HttpRequest, plainError, type Route } from '@alongside/kernel/http';
import { framedPage, stylesheetRoutes } from '@alongside/kernel/layout';
import { route, withoutMethodErrors } from '@alongside/kernel/route';
import type { Admission, Caller } from '../administrators/admission.ts';
import { administratorHead, signedInNote, signInMissingPage } from '../administrators/pages.ts';
import { administratorScript, administratorScriptPath } from '../administrators/script.ts';
import type { ConsoleContext } from '../dependencies.ts';
import { signInChallenge } from '../guard.ts';
import { clockState } from '../resources/clock.ts';
import { resourcesOf } from '../resources/registry.ts';
import { consoleStylesheet } from './console-stylesheet.ts';
import { script } from './script.ts';
import { orNull, type PageContext, renderSection, type Section } from './section.ts';

const paths = { script: '/assets/console.js', stylesheet: '/assets/console.css' };

function clockNote({ clock }: ConsoleContext): Html {
  const { now, offsetSeconds } = clockState(clock);
  const moved =
    offsetSeconds === 0 ? undefined : html` <span class="tag warn">moved by ${offsetSeconds} s</span>`;
  return html`<span id="clock" data-live>Clock: <time datetime="${now}">${now.slice(0, 16).replace('T', ' ')} UTC</time>${moved}</span>`;
}

async function main(
  page: PageContext,
  sections: readonly Section[],
  caller: Caller | undefined,
): Promise<Html> {
  const { database, version } = page.console;
  const rendered = await Promise.all(sections.map((section) => renderSection(section, page)));
  return html`
<noscript><p class="warning">The buttons and forms of this page need JavaScript. Without it you can read everything here, and change things on the command line.</p></noscript>
${caller?.administrator ? signedInNote(caller.administrator) : undefined}
<p id="result" class="result" role="status"></p>
<p class="lead">Alongside ${version}, ${database.description}. ${clockNote(page.console)}</p>
<nav aria-label="On this page"><ul>${sections.map(({ id, title }) => html`<li><a href="#h-${id}">${title}</a></li>`)}</ul></nav>
<div class="grid">
${rendered.filter((_, index) => sections[index]?.panel)}
</div>
${rendered.filter((_, index) => !sections[index]?.panel)}`;
}

function asset(path: string, type: string, text: string): Route[] {
  const headers = {
    'content-type': `${type}; charset=utf-8`,
    'cache-control': 'public, max-age=300',
    'x-content-type-options': 'nosniff',
  };
  return route(path, { GET: { endpoint: async () => new Answer(200, headers, text), errors: plainError } });
}

/** Public files that contain nothing about the installation. */
export const assetRoutes: readonly Route[] = withoutMethodErrors([
  ...asset(paths.script, 'text/javascript', script),
  ...asset(paths.stylesheet, 'text/css', consoleStylesheet),
  ...asset(administratorScriptPath, 'text/javascript', administratorScript),
  ...stylesheetRoutes,
]);

/** `GET /`: the first page. With an admission, only for those whom it admits. */
export function pageRoutes(
  console: ConsoleContext,
  admission: Admission | undefined,
  errors: ErrorFormat,
): Route[] {
  const { development, urls, cis } = console;
  const sections = resourcesOf(console).flatMap(({ section }) => section ?? []);
  const head = html`<link rel="stylesheet" href="${paths.stylesheet}"><script src="${paths.script}" defer></script>`;

  async function showFirstPage(request: HttpRequest): Promise<Answer> {
    const caller = await admission?.callerOf(request);
    if (admission && !caller) return signInMissingPage(`${urls.console}/sign-in`).with(signInChallenge);
    const page = { console, request, people: orNull(cis.everyone()) };
    return framedPage(
      200,
      {
        title: development ? 'One sign-in, every step' : 'Console',
        service: 'Console',
        development,
        wide: true,
        head: caller ? html`${head}${administratorHead}` : head,
        main: await main(page, sections, caller),
      },
      { script: ["'self'"], connect: ["'self'"] },
    );
  }

  return withoutMethodErrors(route('/', { GET: { endpoint: showFirstPage, errors } }));
}
