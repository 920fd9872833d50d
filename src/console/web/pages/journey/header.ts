import { type Html, html, safeHref } from '@alongside/kernel/html';
import { codeBeside } from '@alongside/kernel/layout';
import { counted } from '@alongside/kernel/operator';
import { isFromFile } from '../../../../journeys/file.ts';
import type { Journey, JourneySummary, Message, RefusalView } from '../../../../journeys/model.ts';
import {
  afterColon,
  cut,
  dateAndTime,
  duration,
  ignoredLevels,
  patternName,
  reasonOf,
  titleOf,
} from '../../../../journeys/text.ts';
import { errorAddress } from '../../../explanations/catalogue.ts';
import type { Banner } from '../../../explanations/finding.ts';
import type { Act } from '../../../explanations/remedies.ts';
import { runAgainAddress } from '../../../explanations/run-again.ts';
import { callButton, foreign, joined, outcomeTag } from '../../frame/controls.ts';
import { type JourneyView, stepAddress } from './address.ts';
import { roleOf } from './roles.ts';

/** The title of a journey with its outcome, as the heading of its page. */
export const headingOf = (journey: JourneySummary): Html =>
  html`${titleOf(journey)} ${outcomeTag(journey.outcome)}`;

/** Pattern, time, requests, role and level, as one line. */
export function leadOf(journey: Journey): Html {
  const { pattern, startedAt, count, durationMs, level, waitingFor } = journey;
  const role = roleOf(journey);
  const parts: (Html | string)[] = [
    patternName(pattern),
    html`<time datetime="${startedAt}">${dateAndTime(startedAt)}</time>`,
    `${counted(count, 'request')} in ${duration(durationMs)}`,
    ...(waitingFor ? [html`waits for ${foreign(waitingFor, 60)}`] : []),
    ...(role ? [codeBeside(cut(role, 200))] : []),
    ...(level ? [foreign(level, 60)] : []),
  ];
  return joined(parts, ' · ');
}

const linkNames: Partial<Record<Journey['links'][number]['why'], string>> = {
  'desk sign-in': 'Sign-in at the desk',
  'sign-out': 'Sign-out',
};

const link = ({ id, why, startedAt, headline }: Journey['links'][number]): Html =>
  html`<a href="/journeys/${encodeURIComponent(id)}">${linkNames[why] ?? foreign(headline)}</a>, <time datetime="${startedAt}">${startedAt.slice(11, 19)} UTC</time>`;

/** Links to sign-ins at the desk and sign-outs; the other journeys of the session are folded. */
export function related({ links }: Pick<Journey, 'links'>): Html | undefined {
  if (links.length === 0) return undefined;
  const named = links.filter(({ why }) => linkNames[why] !== undefined);
  const others = links.filter(({ why }) => linkNames[why] === undefined);
  return html`${named.length === 0 ? undefined : html`<p class="related">${joined(named.map(link), ' · ')}</p>`}${
    others.length === 0
      ? undefined
      : html`<details class="related" id="same-session"><summary>${others.length} more in this session</summary><ul class="compared">${others.map((each) => html`<li>${link(each)}</li>`)}</ul></details>`
  }`;
}

/** Warnings: a moved clock, faults, an ignored level, removed messages. */
export function notices(journey: Journey, view: JourneyView): Html | undefined {
  const { isClockMoved, faults, isTruncated, level } = journey;
  const lines: (Html | string)[] = [
    ...(isClockMoved ? [html`The <a href="/clock">clock</a> was moved.`] : []),
    ...(faults.length > 0
      ? [
          html`<a href="/faults">Faults</a> hit this journey: ${faults.map((name) => cut(name, 60)).join(', ')}.`,
        ]
      : []),
    ...ignoredLevels(journey).map(
      ({ asked, step }) =>
        html`<a href="${stepAddress(view, { number: step })}" data-step="${step}">Step ${step}</a> asks for the level ${cut(asked, 80)}. CIS2 does not offer it, so it has no effect${level ? html`: this sign-in has ${foreign(level, 60)}` : undefined}.`,
    ),
  ];
  const amber =
    lines.length === 0
      ? undefined
      : html`<p class="warning"><span aria-hidden="true">⚠</span> ${lines.map((line) => html`${line} `)}</p>`;
  const removed = isTruncated
    ? html`<p class="note">The first steps of this journey were removed: captured messages are kept for 24 hours.</p>`
    : undefined;
  const opened = isFromFile(journey)
    ? html`<p class="note" id="from-file">From a file: this did not happen here, and every value is as its sender wrote it. The page is read-only, and is removed a day after the file was opened.</p>`
    : undefined;
  return amber || removed || opened ? html`${opened}${amber}${removed}` : undefined;
}

const actors: Readonly<Record<RefusalView['actor'], string>> = {
  user: 'the person who signs in',
  developer: 'the developer',
  operator: 'the operator of this installation',
  agent: 'the Identity Agent',
};

const actorOf = ({ actor }: Pick<Banner, 'actor'>, application: Message['application']): Html | string =>
  actor === 'developer' && application
    ? html`the developer of ${foreign(application.name, 80)}`
    : actors[actor];

/** Returns the source of a rule, as a link where it has an address. */
export function sourceLink(source: string): Html {
  const rfc = /^RFC (\d{3,5})(?: section ([\d.]+))?$/.exec(source);
  if (rfc) {
    const section = rfc[2] === undefined ? '' : `#section-${rfc[2]}`;
    return html`<a href="https://www.rfc-editor.org/rfc/rfc${rfc[1]}${section}" rel="noreferrer">${source}</a>`;
  }
  const repository = /^(NHSDigital\/[\w.-]+)\b/.exec(source);
  if (repository)
    return html`<a href="https://github.com/${repository[1]}" rel="noreferrer">${cut(source)}</a>`;
  return /^https?:\/\//.test(source)
    ? html`<a href="${safeHref(source)}" rel="noreferrer">${cut(source)}</a>`
    : foreign(source);
}

/** Received and expected value, remedy, who acts, and the error, if the service has one, with its source. */
export function refusalDetails(refusal: Banner, application: Message['application']): Html {
  const { received, expected, fix, error, source } = refusal;
  return html`<dl class="reasons">${received === null ? undefined : html`<dt>Received</dt><dd>${foreign(received)}</dd>`}${
    expected === null ? undefined : html`<dt>Expected</dt><dd>${foreign(expected, 600)}</dd>`
  }<dt>What to do</dt><dd>${foreign(fix, 600)}</dd><dt>Who acts</dt><dd>${actorOf(refusal, application)}${error === null ? undefined : html` · <a href="${errorAddress(error)}"><code>${cut(error, 80)}</code></a>`} · ${sourceLink(source)}</dd></dl>`;
}

const actButton = ({ label, call, href }: Act, index: number): Html =>
  call
    ? callButton({ id: `remedy-${index}`, ...call, label, tone: 'primary' })
    : html`<a class="button small" href="${href}">${label}</a>`;

/** The acts that remove the cause, then the same request again. */
function remediesSection(journey: Journey, message: Message, acts: readonly Act[]): Html | undefined {
  const again = runAgainAddress(message, journey);
  if (acts.length === 0 && again === undefined) return undefined;
  return html`<div class="actions remedies" id="remedies">${acts.map(actButton)}${
    again ? html`<a class="button small secondary" href="${again}">Run again</a>` : undefined
  }</div>`;
}

const verbs = { refused: 'was refused', failed: 'failed', lost: 'was lost', succeeded: '' } as const;

/** Explains the step in which a journey ended. One that succeeded in the end, such as after a wrong PIN, needs no explanation. */
export function banner(journey: Journey, view: JourneyView, acts: readonly Act[] = []): Html | undefined {
  const message = journey.messages.find(({ number }) => number === journey.failedStep);
  if (!message || journey.outcome === 'succeeded') return undefined;
  const { refusal, outcome, number, application } = message;
  const reason = refusal ? cut(afterColon(refusal.headline)) : reasonOf(message);
  const address = stepAddress(view, message);
  return html`<section class="banner" aria-labelledby="banner-title"><h2 id="banner-title"><span aria-hidden="true">✕</span> <a href="${address}" data-step="${number}">Step ${number}</a> ${verbs[outcome]}: ${reason}</h2>${
    refusal ? refusalDetails(refusal, application ?? journey.application) : undefined
  }${remediesSection(journey, message, acts)}</section>`;
}
