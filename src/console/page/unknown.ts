import { html } from '@alongside/kernel/html';
import { filled, nearestPath } from '@alongside/kernel/nearest-path';
import { partsOf } from '@alongside/kernel/route';
import { mayBeInAddress } from '../explain/paste.ts';
import { foreign } from './controls.ts';
import type { ConsolePage, PageContent } from './page.ts';

const longestPath = 120;

/** Returns the address of the page that an unknown address probably meant: a near one, or the page above it. */
function meantBy(path: string, pages: readonly Pick<ConsolePage, 'path'>[]): string | undefined {
  const nearest = nearestPath(pages);
  const isPage = (address: string) => pages.some((page) => filled(page.path, address) === address);
  for (let address = path.slice(0, longestPath); address !== ''; address = address.replace(/\/[^/]*$/, '')) {
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
export function unknownContent(path: string, pages: readonly Pick<ConsolePage, 'path'>[]): PageContent {
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
