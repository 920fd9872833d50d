import { type Html, html } from '@alongside/kernel/html';

interface Control {
  id: string;
  method: 'POST' | 'PUT' | 'DELETE';
  /** Below the API's own path. */
  path: string;
  body?: object;
  /** What is said once it is done. */
  done: string;
  label: string;
  /** Goes on with the label for those who do not see where the button stands. */
  about?: string;
  /** Asked before it is done. */
  confirm?: string;
}

/** A button that calls the API: the page's script carries it out. */
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
