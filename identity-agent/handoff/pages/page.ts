import type { Answer } from '@alongside/kernel/answer';
import { type Html, html } from '@alongside/kernel/html';
import { framedPage } from '@alongside/kernel/layout';
import type { AgentStatus, HandOffError } from '../../protocol.ts';
import type { Interaction, Notice } from '../interactions.ts';

/** What a page is made of. */
export interface PageContext {
  status: AgentStatus;
  /** Tells the card in the reader from every other insertion; empty when none is in. */
  insertion: string;
  notice: Notice;
  /** The application that the person is signing in to. */
  application: string;
  /** Origin of CIS2, which asks. */
  site: string;
  /** A live session could answer, and the person is asked first. */
  asksConfirmation: boolean;
  /** The PIN was given here, and the card could be renewed before the person goes on. */
  offersRenewal: boolean;
}

/** One page of an interaction. */
export interface InteractionPage {
  readonly id: 'insertCard' | 'pin' | 'role' | 'blocked' | 'rejected' | 'renewal' | 'confirm';
  /** Whether it is the page to show. The first of the registry that applies is shown. */
  applies(context: PageContext): boolean;
  title: string;
  /** `path` is where the forms of this interaction go. */
  main(context: PageContext, path: string): Html;
  /** What the application hears when the person gives up here. */
  cancelled(context: PageContext): HandOffError;
  /** The person has signed in already: there is nothing to leave. */
  signedIn?: boolean;
  /** The page has nothing to type, so that without script the browser may load it again by itself. */
  reloads?: boolean;
}

/** Path of the one script of the pages. */
export const scriptPath = '/assets/interaction.js';

/** What changes when there is something else to see: the script compares it. */
export const stepToken = (page: InteractionPage, { status, insertion }: PageContext): string =>
  [page.id, insertion, status.attemptsLeft ?? '', status.person?.uid ?? ''].join('.');

/** The way out that every page has. */
const leave = (path: string): Html => html`<form method="post" action="${path}/leave" class="actions">
<button class="secondary" name="how" value="another_way">Use another way to sign in</button>
<button class="secondary" name="how" value="cancel">Cancel</button>
</form>`;

/** Who asks: the application, and the site that sent the browser here. */
const asker = ({ application, site }: PageContext): Html =>
  html`<p class="lead">You are signing in to <strong>${application}</strong>. The request comes from <strong>${site}</strong>.</p>`;

/** An interaction's page in the common frame. */
export function interactionPage(
  page: InteractionPage,
  context: PageContext,
  interaction: Interaction,
  development: boolean,
): Answer {
  const { path } = interaction;
  const reload = page.reloads
    ? html`<noscript><meta http-equiv="refresh" content="2"></noscript>`
    : undefined;
  return framedPage(
    200,
    {
      title: page.title,
      service: 'Identity Agent',
      development,
      head: html`${reload}<script src="${scriptPath}" defer></script>`,
      main: html`<div data-state="${path}/state" data-step="${stepToken(page, context)}"></div>
${asker(context)}${page.main(context, path)}${page.signedIn ? undefined : leave(path)}`,
    },
    { script: ["'self'"], connect: ["'self'"] },
    // Under `no-referrer` a browser sends `Origin: null` with our own forms (Fetch, "append a request Origin header").
  ).with({ 'referrer-policy': 'same-origin' });
}
