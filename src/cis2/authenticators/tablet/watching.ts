import { type Html, html } from '@alongside/kernel/html';
import { waitScriptPath } from './wait-script.ts';

/**
 * For the head of a page that waits: it looks by script whether something has happened, and loads itself anew where there is none.
 * @param left milliseconds until it is over; nobody looks longer than that.
 */
export const watching = (address: string, state: string, left: number): Html =>
  html`<script src="${waitScriptPath}" defer></script><noscript><meta http-equiv="refresh" content="3"></noscript><meta name="watched" content="${address}" data-state="${state}" data-left="${Math.max(0, left)}">`;
