import { type Html, html } from '@alongside/kernel/html';
import type { HttpRequest } from '@alongside/kernel/http';
import type { Person } from '../../cis/protocol.ts';
import type { ConsoleContext } from '../dependencies.ts';

/** One request for the first page. */
export interface PageContext {
  console: ConsoleContext;
  request: HttpRequest;
  /** The directory, which several sections use; null if CIS does not respond. */
  people: Promise<readonly Person[] | null>;
}

/** A section of the first page, with a link in its navigation. */
export interface Section {
  id: string;
  title: string;
  /** Panels are at the top of the page. */
  panel?: true;
  /** A live section is replaced when an event occurs. */
  live?: true;
  render(page: PageContext): Promise<Html>;
}

/** Renders a section with its heading. */
export async function renderSection(section: Section, page: PageContext): Promise<Html> {
  const { id, title, panel, live } = section;
  const content = await section.render(page);
  return html`<section${panel ? html` class="panel"` : undefined} aria-labelledby="h-${id}"><h2 id="h-${id}">${title}</h2>${
    live ? html`<div id="${id}">${content}</div>` : content
  }</section>`;
}
