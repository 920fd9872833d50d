import type { Answer } from '@alongside/kernel/answer';
import { type Html, html } from '@alongside/kernel/html';
import { framedPage } from '@alongside/kernel/layout';
import { scriptPath } from '../../handoff/pages/page.ts';
import type { AgentStatus } from '../../protocol.ts';
import type { Agent } from '../../session/agent.ts';
import type { Errand, Said } from '../errands.ts';

/** What a page is made of. */
export interface CardPageContext {
  status: AgentStatus;
  card: NonNullable<AgentStatus['card']>;
  /** Tells the card in the reader from every other insertion. */
  insertion: string;
  /** The person of the card in the reader is signed in with it. */
  signedIn: boolean;
  /** The applications that asked for the PIN, by the names that they gave. */
  askedBy: readonly string[];
  /** Path of the errand. */
  path: string;
  /** A test system, whose mails stay there. */
  development: boolean;
}

/** One page about the card in the reader, and what its form does. */
export interface CardPage {
  /** Also the last part of its path; the overview stands at the path of the errand itself. */
  readonly id: 'overview' | 'change-pin' | 'unlock-code' | 'unlock' | 'unblock' | 'renew' | 'sign-in';
  readonly title: string;
  main(context: CardPageContext): Html;
  /** What there is to see while no card is in, if anything beside the wait for one. */
  withoutCard?(status: AgentStatus): Html | undefined;
  /** What else of the status it shows, so that it is shown anew when that changes. */
  follows?(status: AgentStatus): readonly (string | null)[];
  /** The fields of its form beside the card that is meant, each in its form. */
  readonly fields: Readonly<Record<string, RegExp>>;
  /** What its form does. */
  act?(agent: Agent, fields: Readonly<Record<string, string>>): Promise<Said>;
  /** The page that follows when it went well; the overview unless told. */
  readonly next?: CardPage['id'];
}

export const pagePath = (errand: { path: string }, id: CardPage['id']): string =>
  id === 'overview' ? errand.path : `${errand.path}/${id}`;

/** What changes when there is something else to see: the script compares it. */
export const cardStep = (page: CardPage, status: AgentStatus, insertion: string): string =>
  [
    ...[page.id, insertion, status.problem === 'card_blocked', status.person?.uid ?? ''],
    ...(page.follows?.(status) ?? []),
  ].join('.');

const noCard = html`<p role="status" class="waiting">Put your smartcard into the reader. This page goes on by itself when it is in.</p>`;

const saying = ({ well, sentence }: Said): Html =>
  well
    ? html`<p class="note" role="status">${sentence}</p>`
    : html`<p class="error" id="problem" role="alert">${sentence}</p>`;

/** Ways on that every page has. */
function ways(page: CardPage, errand: Errand): Html {
  const overview =
    page.id === 'overview' ? undefined : html`<a href="${errand.path}">Back to your smartcard</a>`;
  const back = errand.back && html`<a class="button" href="${errand.back}">Go on signing in</a>`;
  return html`<p class="actions">${back} ${overview}</p>`;
}

/** A page about the card in the common frame. */
export function cardPage(
  page: CardPage,
  errand: Errand,
  agent: Agent,
  { development }: { development: boolean },
): Answer {
  const status = agent.status();
  const { card } = status;
  const insertion = agent.card?.insertion ?? '';
  const { said } = errand;
  errand.said = undefined;
  const context = card && {
    ...{ status, card, insertion, development, path: errand.path, askedBy: agent.askedFor },
    signedIn: agent.session !== undefined && agent.session.uid === agent.card?.uid && !agent.session.lock,
  };
  const state = `${pagePath(errand, page.id)}?state`;
  const reload = context ? undefined : html`<noscript><meta http-equiv="refresh" content="2"></noscript>`;
  return framedPage(
    200,
    {
      title: page.title,
      service: 'Identity Agent',
      development,
      head: html`${reload}<script src="${scriptPath}" defer></script>`,
      main: html`<div data-state="${state}" data-step="${cardStep(page, status, insertion)}"></div>
${said && saying(said)}
${context ? page.main(context) : (page.withoutCard?.(status) ?? noCard)}${ways(page, errand)}`,
    },
    { script: ["'self'"], connect: ["'self'"] },
    // Under `no-referrer` a browser sends `Origin: null` with our own forms (Fetch, "append a request Origin header").
  ).with({ 'referrer-policy': 'same-origin' });
}
