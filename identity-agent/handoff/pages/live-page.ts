import type { Answer } from '@alongside/kernel/answer';
import { type Html, html } from '@alongside/kernel/html';
import { framedPage } from '@alongside/kernel/layout';

/** A page that changes with the state of the agent. */
interface LivePage {
  title: string;
  development: boolean;
  /** Whether a browser without scripts may reload it, because it has no input. */
  reloads: boolean | undefined;
  /** Where the script finds the current step. */
  state: string;
  /** The step that the page shows. */
  step: string;
  main: Html;
}

/** Returns a page in the common frame, which its script replaces when the step changes. */
export function livePage({ title, development, reloads, state, step, main }: LivePage): Answer {
  const reload = reloads ? html`<noscript><meta http-equiv="refresh" content="2"></noscript>` : undefined;
  return framedPage(
    200,
    {
      title,
      service: 'Identity Agent',
      development,
      head: html`${reload}<script type="module" src="/assets/handoff/pages/interaction.browser.js"></script>`,
      main: html`<div data-state="${state}" data-step="${step}"></div>
${main}`,
    },
    { script: ["'self'"], connect: ["'self'"] },
    // With `no-referrer`, a browser sends `Origin: null` with our own forms (Fetch, "append a request Origin header").
  ).with({ 'referrer-policy': 'same-origin' });
}
