import { Refusal } from '@alongside/kernel/errors';
import { type Html, html } from '@alongside/kernel/html';
import type { HttpRequest } from '@alongside/kernel/http';
import type { Person } from '../../cis/protocol.ts';
import type { ConsoleContext } from '../dependencies.ts';

interface Control {
  id: string;
  method: 'POST' | 'PUT' | 'DELETE';
  /** Below the path of the API. */
  path: string;
  body?: object;
  /** Message after success. */
  done: string;
  label: string;
  /** Rest of the label for screen readers. */
  about?: string;
  /** Question before the call. */
  confirm?: string;
}

/** A button with which the script calls the API. */
export const callButton = ({
  id,
  method,
  path,
  body,
  done,
  label,
  about,
  confirm,
}: Control): Html => html`<button type="button" id="${id}"
 class="small secondary needs-script" data-method="${method}" data-path="${path}" data-body="${body ? JSON.stringify(body) : ''}"
 data-done="${done}" data-confirm="${confirm ?? ''}">${label}${about ? html`<span class="visually-hidden"> ${about}</span>` : undefined}</button>`;

/** A value with a button that copies it. */
export const copied = (value: string, about: string): Html => html`<span class="copied"><code>${value}</code>
<button type="button" class="small secondary needs-script" data-copy="${value}">Copy<span class="visually-hidden"> ${about}</span></button></span>`;

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
    live ? html`<div id="${id}" data-live>${content}</div>` : content
  }</section>`;
}

/** Resolves to null if a neighbour refuses or does not respond, so that the page shows the rest. */
export async function orNull<T>(response: Promise<T>): Promise<T | null> {
  try {
    return await response;
  } catch (error) {
    if (error instanceof Refusal) return null;
    throw error;
  }
}
