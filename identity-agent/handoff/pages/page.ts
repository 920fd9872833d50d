import type { Answer } from '@alongside/kernel/answer';
import { type Html, html } from '@alongside/kernel/html';
import type { AgentStatus, HandOffError } from '../../protocol.ts';
import type { Interaction, Notice } from '../interactions.ts';
import { livePage } from './live-page.ts';

/** Data of a page. */
export interface PageContext {
  status: AgentStatus;
  /** Identifies the current insertion of a card; empty without a card. */
  insertion: string;
  notice: Notice;
  application: string;
  /** Origin of CIS2. */
  site: string;
  /** Whether a live session exists and the user must confirm first. */
  asksConfirmation: boolean;
  /** Whether the PIN was entered here and the card can be renewed before the sign-in continues. */
  offersRenewal: boolean;
}

export interface InteractionPage {
  readonly id: 'insertCard' | 'pin' | 'role' | 'blocked' | 'rejected' | 'renewal' | 'confirm';
  /** Whether to show this page. The first match in the registry is shown. */
  applies(context: PageContext): boolean;
  title: string;
  /** `path` is the target of this interaction's forms. */
  main(context: PageContext, path: string): Html;
  /** The error for the application if the user leaves here. */
  cancelled(context: PageContext): HandOffError;
  /** Whether the user has already signed in, so that there is nothing to leave. */
  signedIn?: boolean;
  /** Whether the page is without input, so that the browser may reload it without a script. */
  reloads?: boolean;
}

/** Returns a token that changes with the page, for the script. */
export const stepToken = (page: InteractionPage, { status, insertion }: PageContext): string =>
  [page.id, insertion, status.attemptsLeft ?? '', status.person?.uid ?? ''].join('.');

/** The link to leave, on every page. */
const leave = (path: string): Html => html`<form method="post" action="${path}/leave" class="actions">
<button class="secondary" name="how" value="another_way">Use another way to sign in</button>
<button class="secondary" name="how" value="cancel">Cancel</button>
</form>`;

/** Names the application and the site that redirected the browser here. */
const asker = ({ application, site }: PageContext): Html =>
  html`<p class="lead">You are signing in to <strong><bdi>${application}</bdi></strong>.</p>
<p class="quiet">Asked by ${site}</p>`;

/** An interaction's page in the common frame. */
export function interactionPage(
  page: InteractionPage,
  context: PageContext,
  interaction: Interaction,
  development: boolean,
): Answer {
  const { path } = interaction;
  return livePage({
    title: page.title,
    development,
    reloads: page.reloads,
    state: `${path}/state`,
    step: stepToken(page, context),
    main: html`${asker(context)}${page.main(context, path)}${page.signedIn ? undefined : leave(path)}`,
  });
}

/** Formats an ISO time as a day. */
export const longDate = (iso: string): string =>
  // Created at each use, because its tables are large and few pages use it.
  new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' }).format(new Date(iso));
