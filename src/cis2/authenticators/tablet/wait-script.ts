import { type Html, html } from '@alongside/kernel/html';
import type { Route } from '@alongside/kernel/http';
import { scriptRoutes } from '../../pages/frame.ts';

const waitScriptPath = '/assets/wait.js';

/** Milliseconds between two polls. After each failure the pause doubles, up to the longest. */
const interval = 1_000;
const maxPause = 16_000;

// Reloads the page when the state changes or the time is over. Does not poll while the page is hidden.
const script = `'use strict';
(() => {
  const watched = document.querySelector('meta[name=watched]');
  if (!watched) return;
  const until = Date.now() + Number(watched.dataset.left);
  let pause = ${interval};
  const look = async () => {
    if (document.hidden) return document.addEventListener('visibilitychange', look, { once: true });
    let answer;
    try {
      answer = await fetch(watched.content, { cache: 'no-store', redirect: 'error' });
      if (answer.status === 429 || answer.status >= 500) throw new Error('later');
      pause = ${interval};
    } catch {
      pause = Math.min(2 * pause, ${maxPause});
      if (Date.now() < until) setTimeout(look, pause);
      return;
    }
    const asBefore = answer.ok && (await answer.json()).state === watched.dataset.state;
    if (asBefore && Date.now() < until) setTimeout(look, pause);
    else location.reload();
  };
  setTimeout(look, pause);
})();
`;

export const waitScriptRoutes: readonly Route[] = scriptRoutes(waitScriptPath, script);

/**
 * Returns the head of a page that polls an address and reloads when the state changes; without scripts it reloads regularly.
 * @param left milliseconds until it stops polling.
 */
export const waitHead = (address: string, state: string, left: number): Html =>
  html`<script src="${waitScriptPath}" defer></script><noscript><meta http-equiv="refresh" content="3"></noscript><meta name="watched" content="${address}" data-state="${state}" data-left="${Math.max(0, left)}">`;
