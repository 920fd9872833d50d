import { type Html, html } from '@alongside/kernel/html';
import type { Route } from '@alongside/kernel/http';
import { scriptRoute } from '../../pages/script-route.ts';

const waitScriptPath = '/assets/wait.js';

/** How often a waiting page looks, in milliseconds; while nobody answers twice as long each time, up to the most. */
const interval = 1_000;
const mostPause = 16_000;

// The page says what it waits for, in which state it is and for how long; in another state, and at the end, it is loaded anew and
// says what there is. Nobody looks while the page is hidden, or when the time is over.
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
      pause = Math.min(2 * pause, ${mostPause});
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

export const waitScriptRoute: Route = scriptRoute(waitScriptPath, script);

/**
 * For the head of a page that waits: it looks by script whether something has happened, and loads itself anew where there is none.
 * @param left milliseconds until it is over; nobody looks longer than that.
 */
export const watching = (address: string, state: string, left: number): Html =>
  html`<script src="${waitScriptPath}" defer></script><noscript><meta http-equiv="refresh" content="3"></noscript><meta name="watched" content="${address}" data-state="${state}" data-left="${Math.max(0, left)}">`;
