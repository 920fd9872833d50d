import { Answer, page as htmlPage, redirect } from '@alongside/kernel/answer';
import { assetAt, programRoutes } from '@alongside/kernel/assets';
import { Refusal } from '@alongside/kernel/errors';
import { type Html, html } from '@alongside/kernel/html';
import {
  type HttpRequest as AnyRequest,
  type ErrorFormat,
  isShownToUser,
  type Route,
} from '@alongside/kernel/http';
import { kernelErrors } from '@alongside/kernel/kernel-errors';
import { stylesheetRoutes } from '@alongside/kernel/layout';
import { filled, nearestPath } from '@alongside/kernel/nearest-path';
import { nothingHere } from '@alongside/kernel/respond';
import { partsOf, readOnly, route, withoutMethodErrors } from '@alongside/kernel/route';
import { mayBeInAddress } from '../explanations/paste.ts';
import { type Admission, asCaller, checkAccess, hasRole } from '../model/administrators/admission.ts';
import type { ConsoleContext } from '../model/dependencies.ts';
import { errors } from '../model/errors.ts';
import { signInChallenge } from '../service/guard.ts';
import { assetPaths } from './assets.ts';
import { consoleStylesheet, registerStylesheet } from './console-stylesheet.ts';
import { foreign } from './frame/controls.ts';
import { framed, navigation, statusBar } from './frame/frame.ts';
import type { ConsolePage, PageContent, PageView } from './frame/page.ts';
import { consolePages } from './pages/registry.ts';
import { programs } from './programs.ts';
import { signInMissingPage } from './sign-in/pages.ts';

const maxPathLength = 120;

/** Returns the address of the page that an unknown address probably meant: a near one, or the page above it. */
function meantBy(path: string, pages: readonly Pick<ConsolePage, 'path'>[]): string | undefined {
  const nearest = nearestPath(pages);
  const isPage = (address: string) => pages.some((page) => filled(page.path, address) === address);
  for (
    let address = path.slice(0, maxPathLength);
    address !== '';
    address = address.replace(/\/[^/]*$/, '')
  ) {
    if (isPage(address)) return address;
    const template = nearest(address);
    const meant = template && filled(template, address);
    if (meant && meant !== '/' && !meant.includes(':')) return meant;
  }
  return undefined;
}

/** Returns the last word of a path, if it may be searched for. */
function wordOf(path: string): string | undefined {
  const word = decodeURIComponent(partsOf(path).findLast(Boolean) ?? '');
  return word.length > 0 && word.length <= 100 && mayBeInAddress(word) ? word : undefined;
}

/** The content for an address without a page. */
function unknownContent(path: string, pages: readonly Pick<ConsolePage, 'path'>[]): PageContent {
  const meant = meantBy(path, pages);
  const word = pages.some((page) => page.path === '/search') ? wordOf(path) : undefined;
  return {
    title: 'There is nothing here',
    status: 404,
    lead: html`The console has no page <code>${foreign(path)}</code>.`,
    main: html`${meant ? html`<p>Did you mean <a href="${meant}"><code>${foreign(meant)}</code></a>?</p>` : undefined}
<ul class="plain-list">${word ? html`<li><a href="/search?${new URLSearchParams({ q: word }).toString()}">Search for <q>${foreign(word)}</q></a></li>` : undefined}
<li><a href="/">Overview</a></li></ul>`,
  };
}

type HttpRequest = AnyRequest<Readonly<Record<string, string>>>;

/** Public files that contain nothing about the installation. */
export const assetRoutes: readonly Route[] = withoutMethodErrors([
  ...programRoutes(programs),
  ...assetAt(assetPaths.stylesheet, 'text/css; charset=utf-8', () => consoleStylesheet + registerStylesheet),
  ...stylesheetRoutes,
]);

const wrapped = (name: string, { on }: ConsolePage['parts'][string], content: Html): Html =>
  html`<div id="part-${name}" data-part="${name}" data-on="${on.join(' ')}">${content}</div>`;

const refusedContent = ({ entry, detail }: Refusal): PageContent => ({
  title: entry.status === 404 ? 'There is nothing here' : 'This page cannot be shown',
  status: entry.status,
  main: html`<p>${entry.description}</p>${detail ? html`<p class="quiet">${detail}</p>` : undefined}<p><a href="/">Overview</a></p>`,
});

/** The routes of all pages and of their live parts. With an admission, only for those whom it admits. */
export function pageRoutes(
  console: ConsoleContext,
  admission: Admission | undefined,
  errorsOf: ErrorFormat,
): Route[] {
  const site = new Site(console, admission);
  return withoutMethodErrors([
    ...route('/*', { GET: { endpoint: (request) => site.showUnknown(request), errors: errorsOf } }),
    ...site.pages.flatMap((page) => [
      ...route(page.path, readOnly({ endpoint: (request) => site.show(page, request), errors: errorsOf })),
      ...route(`/fragments/:part${page.path === '/' ? '' : page.path}`, {
        GET: { endpoint: (request) => site.showPart(page, request), errors: errorsOf },
      }),
    ]),
  ]);
}

/** The pages of an installation, for the users whom it admits. */
class Site {
  readonly pages: readonly ConsolePage[];
  readonly #console: ConsoleContext;
  readonly #admission: Admission | undefined;

  constructor(console: ConsoleContext, admission: Admission | undefined) {
    this.#console = console;
    this.#admission = admission;
    const mode = console.development ? 'development' : 'production';
    this.pages = consolePages.filter(({ only = mode }) => only === mode);
  }

  async show(page: ConsolePage, request: HttpRequest): Promise<Answer> {
    const view = await this.#viewOf(page, request);
    if (view instanceof Answer) return view;
    const own = this.#pagesOf(view);
    try {
      if (view.caller) checkAccess(view.caller, page);
      const content = await asCaller(view.caller, () => page.render(view));
      if (content.redirect !== undefined) return redirect(content.redirect);
      return await framed(view, own, content, page.program);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return (await framed(view, own, refusedContent(error))).refusing(error);
    }
  }

  async showPart(page: ConsolePage, request: HttpRequest): Promise<Answer> {
    const { part: name = '', ...params } = request.params;
    // Everything that the page sees is as at its own address.
    const path = request.path.slice(`/fragments/${name}`.length) || '/';
    const view = await this.#viewOf(page, { ...request, path, params });
    if (view instanceof Answer) return view;
    if (name === 'navigation') return htmlPage(200, await navigation(view, this.#pagesOf(view)));
    if (name === 'status') return htmlPage(200, await statusBar(view));
    const part = Object.hasOwn(page.parts, name) ? page.parts[name] : undefined;
    if (!part) throw errors.callUnknown('the page has no such part');
    if (view.caller) checkAccess(view.caller, page);
    return htmlPage(200, wrapped(name, part, await asCaller(view.caller, () => part.render(view))));
  }

  /** An unknown address: a page in a browser, the plain error for other clients and for calls. */
  async showUnknown(request: HttpRequest): Promise<Answer> {
    if (/^\/api(?:\/|$)/.test(request.path) || !isShownToUser(request)) return nothingHere.endpoint(request);
    const view = await this.#viewOf({ path: '/*', parts: {} }, request);
    if (view instanceof Answer) return view;
    const own = this.#pagesOf(view);
    const refusal = kernelErrors.nothingHere('no page has this path');
    return (await framed(view, own, unknownContent(request.path, own))).refusing(refusal);
  }

  #pagesOf({ caller }: PageView): ConsolePage[] {
    return this.pages.filter((page) => hasRole(caller, page));
  }

  /** Returns the view of an admitted request; the page that asks to sign in otherwise. */
  async #viewOf(page: Pick<ConsolePage, 'path' | 'parts'>, request: HttpRequest): Promise<PageView | Answer> {
    const console = this.#console;
    const caller = await this.#admission?.callerOf(request);
    if (this.#admission && !caller)
      return signInMissingPage(`${console.urls.console}/sign-in`).with(signInChallenge);
    const view: PageView = {
      console,
      request,
      params: request.params,
      query: new URLSearchParams(request.query),
      now: console.clock.now(),
      caller,
      seen: console.changes.count,
      part: async (name) => {
        const part = page.parts[name];
        if (!part) throw new Error(`${page.path} has no part ${name}.`);
        return wrapped(name, part, await part.render(view));
      },
    };
    return view;
  }
}
