import { type Html, html } from '@alongside/kernel/html';
import type { DecodedToken, Journey, Message } from '../../../../journeys/model.ts';
import { afterColon, attemptOf, cut, duration, laneName, reasonOf } from '../../../../journeys/text.ts';

import { runAgainAddress } from '../../../explanations/run-again.ts';
import { foreign, segmented, tabs } from '../../frame/controls.ts';
import { applicationLink } from '../../parts/journeys.ts';
import { addressOf, type JourneyView, stepAddress, type Tab } from './address.ts';
import { type ClaimContext, tokenName, tokenView } from './claims.ts';
import { type ExchangeContext, requestTab, responseTab, valueSteps } from './exchange.ts';
import { refusalDetails } from './header.ts';

/** Knowledge about tokens besides the journey. */
export type Known = Pick<ClaimContext, 'parties' | 'now'>;

export const tokensOf = ({ request, response }: Message): DecodedToken[] => [
  ...(request?.tokens ?? []),
  ...(response?.tokens ?? []),
];

const tabName = (tab: Tab, message: Message): string => {
  const tokens = tokensOf(message).length;
  return {
    reason: 'Reason',
    request: 'Request',
    response: 'Response',
    tokens: tokens === 0 ? 'Tokens' : `Tokens ${tokens}`,
    event: 'Event',
  }[tab];
};

/** The tabs of a message: an act has no request, and only one that did not succeed has a reason. */
function tabsOf(message: Message): Tab[] {
  const { outcome, kind, faults } = message;
  return [
    ...(outcome !== 'succeeded' || faults.length > 0 ? (['reason'] as const) : []),
    ...(kind === 'act' ? [] : (['request', 'response'] as const)),
    ...(tokensOf(message).length > 0 ? (['tokens'] as const) : []),
    'event' as const,
  ];
}

/** Returns the open tab: the chosen one if this message has it. */
function openTab(message: Message, { tab }: Pick<JourneyView, 'tab'>): Tab {
  const own = tabsOf(message);
  const usual = message.outcome !== 'succeeded' && message.request === null ? own[0] : undefined;
  return own.find((one) => one === tab) ?? usual ?? own.find((one) => one === 'request') ?? 'event';
}

function reason(message: Message, journey: Journey): Html {
  const { refusal, faults, application, events } = message;
  const sentence = reasonOf(message);
  const detail = events.find(({ detail }) => typeof detail.error_description === 'string')?.detail;
  const attempt = sentence ? html`<h3>${attemptOf(message)}: ${sentence}</h3>` : undefined;
  return html`${
    refusal
      ? html`<h3>${cut(refusal.headline)}</h3>${refusalDetails(refusal, application ?? journey.application)}`
      : attempt
  }${detail ? html`<p>${foreign(String(detail.error_description))}</p>` : undefined}${
    faults.length > 0
      ? html`<p class="warning"><span aria-hidden="true">⚠</span> Injected ${faults.length === 1 ? 'fault' : 'faults'}: ${faults.map((name) => cut(name, 60)).join(', ')}. <a href="/faults">Faults</a></p>`
      : undefined
  }`;
}

function tokens(message: Message, journey: Journey, view: JourneyView, known: Known): Html {
  const all = tokensOf(message);
  const at = Math.min(view.token, all.length - 1);
  const token = all[at];
  if (!token) return html`<p class="quiet">No token.</p>`;
  const choice =
    all.length === 1
      ? html`<h3>${tokenName(token)}</h3>`
      : html`<div class="choice-of-token">${segmented(
          'Token',
          all.map((one, index) => ({
            label: tokenName(one),
            href: addressOf(view, { tab: 'tokens', token: index }),
            isChosen: index === at,
          })),
        )}</div>`;
  return html`${choice}${tokenView(token, { journey, message, ...known })}`;
}

/** Ids, records and parties of a message. */
function event(message: Message): Html {
  const { id, name, startedAt, requestId, correlationId, application, person, events, method, route } =
    message;
  const ids = [
    ['Message', id],
    ['X-Request-ID', requestId],
    ['X-Correlation-ID', correlationId],
  ] as const;
  const eventView = ({ name, outcome, detail }: Message['events'][number]) =>
    html`<li><code>${cut(name, 80)}</code> ${outcome === 'ok' ? '✓ ok' : `✕ ${outcome}`}${
      Object.keys(detail).length > 0
        ? html`<ul class="fields">${Object.entries(detail).map(([key, value]) => html`<li><span class="name">${cut(key, 60)}</span>=${foreign(String(value), 300)}</li>`)}</ul>`
        : undefined
    }</li>`;
  return html`<dl class="summary"><dt>Name</dt><dd><code>${cut(name, 80)}</code></dd><dt>Started</dt><dd><time datetime="${startedAt}">${startedAt}</time></dd>${
    route ? html`<dt>Route</dt><dd><code>${method} ${cut(route)}</code></dd>` : undefined
  }${ids.map(([label, value]) => (value ? html`<dt>${label}</dt><dd><code>${cut(value, 80)}</code></dd>` : undefined))}${
    application ? html`<dt>Application</dt><dd>${applicationLink(application)}</dd>` : undefined
  }${person ? html`<dt>Person</dt><dd><a href="/people/${encodeURIComponent(person.uid)}">${foreign(person.name, 80)}</a></dd>` : undefined}</dl>${
    events.length > 0
      ? html`<h3>${events.length === 1 ? 'Event' : 'Events'}</h3><ol class="events">${events.map(eventView)}</ol>`
      : html`<p class="quiet">No event was recorded in it.</p>`
  }`;
}

/** Names the parties, kind, time and duration of a message in one line. */
function subtitle(message: Message, journey: Journey): Html {
  const { from, to, kind, startedAt, durationMs, parent } = message;
  const around = parent === null ? undefined : journey.messages.find(({ id }) => id === parent);
  const parties = from === to ? laneName(from) : `${laneName(from)} → ${laneName(to)}`;
  const inside = around ? ` inside step ${around.number}` : '';
  return html`<p class="quiet">${parties}, ${kind}${inside}, <time datetime="${startedAt}">${startedAt.slice(11, 23)}</time>${durationMs === null || kind === 'act' ? undefined : `, ${duration(durationMs)}`}</p>`;
}

const iconLink = (address: string, label: string, sign: string, key: string, step?: number): Html =>
  html`<a class="button secondary small" href="${address}" aria-label="${label}" data-key="${key}"${step === undefined ? undefined : html` data-step="${step}"`}><span aria-hidden="true">${sign}</span></a>`;

/** Shows the open step of a journey. Returns undefined if none is open. */
export function inspector(journey: Journey, view: JourneyView, known: Known): Html | undefined {
  const index = journey.messages.findIndex(({ number }) => number === view.step);
  const message = journey.messages[index];
  if (!message) return undefined;
  const previous = journey.messages[index - 1];
  const next = journey.messages[index + 1];
  const open = openTab(message, view);
  const context: ExchangeContext = { journey, message, view, steps: valueSteps(journey) };
  const panels: Readonly<Record<Tab, () => Html>> = {
    reason: () => reason(message, journey),
    request: () => requestTab(context),
    response: () => responseTab(context),
    tokens: () => tokens(message, journey, view, known),
    event: () => event(message),
  };
  const refused = reasonOf(message);
  return html`<section id="inspector" class="inspector" aria-labelledby="inspector-title" tabindex="-1">
<div class="inspector-head"><h2 id="inspector-title">${message.number} · ${attemptOf(message)}</h2><div class="buttons">${
    previous ? iconLink(stepAddress(view, previous), 'Previous step', '↑', 'k', previous.number) : undefined
  }${next ? iconLink(stepAddress(view, next), 'Next step', '↓', 'j', next.number) : undefined}${iconLink(addressOf(view, { step: undefined }), 'Close the details', '×', 'Escape', 0)}</div>${subtitle(message, journey)}${
    refused
      ? html`<p class="refused-line"><span aria-hidden="true">✕</span> ${message.outcome}: ${afterColon(refused)}</p>`
      : undefined
  }</div>
${tabs(
  `Details of step ${message.number}`,
  tabsOf(message).map((tab) => ({
    label: tabName(tab, message),
    href: addressOf(view, { tab, token: 0 }),
    isChosen: tab === open,
  })),
)}
<div class="panel-body">${panels[open]()}${actions(message, journey)}</div></section>`;
}

/** Next steps after a failed one. */
function actions(message: Message, journey: Journey): Html | undefined {
  if (message.outcome === 'succeeded' || message.kind === 'act') return undefined;
  const builder = runAgainAddress(message, journey);
  return html`<p class="actions">${
    builder ? html`<a class="button" href="${builder}">Run again</a>` : undefined
  }<a class="button secondary" href="/journeys/compare?a=${encodeURIComponent(journey.id)}">Compare with the last good one</a></p>`;
}
