import { type Html, html } from '@alongside/kernel/html';

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
