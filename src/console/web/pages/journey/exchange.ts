import { type Html, html } from '@alongside/kernel/html';
import { counted } from '@alongside/kernel/operator';
import { isFromFile } from '../../../../journeys/file.ts';
import type { Captured, Field, Journey, Message } from '../../../../journeys/model.ts';
import { cut, duration, ignoredLevels } from '../../../../journeys/text.ts';
import { curlOf } from '../../../service/exports/curl.ts';
import { foreign, joined } from '../../frame/controls.ts';
import { type JourneyView, stepAddress } from './address.ts';

/** The steps in which one secret value was seen, in order. */
type ValueSteps = ReadonlyMap<string, readonly number[]>;

const fieldsOf = (captured: Captured | null): readonly Field[] =>
  captured === null
    ? []
    : [...captured.headers, ...(captured.query ?? []), ...(captured.form ?? []), ...(captured.members ?? [])];

const valuesOf = ({ request, response }: Pick<Message, 'request' | 'response'>): Field[] => [
  ...fieldsOf(request),
  ...fieldsOf(response),
];

/** Finds the steps that share a secret value, by its keyed hash. */
export function valueSteps({ messages }: Pick<Journey, 'messages'>): ValueSteps {
  const steps = new Map<string, number[]>();
  for (const message of messages)
    for (const { mark } of valuesOf(message)) {
      if (mark === undefined) continue;
      const seen = steps.get(mark) ?? [];
      if (seen.at(-1) !== message.number) seen.push(message.number);
      steps.set(mark, seen);
    }
  return steps;
}

/** The step that issued a value, and the steps that used it. */
interface ValueLinks {
  readonly from: number | undefined;
  readonly usedIn: readonly number[];
}

/** Links a value of a step to the step before that issued it and those after that used it. */
function linksOf(field: Field, number: number, steps: ValueSteps): ValueLinks {
  const seen = (field.mark === undefined ? undefined : steps.get(field.mark)) ?? [];
  const first = seen[0];
  return {
    from: first !== undefined && first < number ? first : undefined,
    usedIn: seen.filter((step) => step > number),
  };
}

/** The surroundings of a request and a response. */
export interface ExchangeContext {
  readonly journey: Journey;
  readonly message: Message;
  readonly view: JourneyView;
  readonly steps: ValueSteps;
}

const maxValueLength = 2_000;

const stepLink = (number: number, { view, journey }: ExchangeContext): Html => {
  const message = journey.messages.find((one) => one.number === number);
  return html`<a href="${stepAddress(view, { number })}" data-step="${number}"${message ? html` title="${cut(message.words)}"` : undefined}>step ${number}</a>`;
};

/** At most this many of the steps that used a value are links. */
const maxLinks = 6;

/** Links a secret value to the step that issued it and to those that used it. */
function origin(field: Field, context: ExchangeContext): Html | undefined {
  const { from, usedIn } = linksOf(field, context.message.number, context.steps);
  const parts = [
    ...(from === undefined ? [] : [html`from ${stepLink(from, context)}`]),
    ...(usedIn.length === 0
      ? []
      : [
          html`used in ${joined(usedIn.slice(0, maxLinks).map((step) => stepLink(step, context)))}${usedIn.length > maxLinks ? html` and ${usedIn.length - maxLinks} more` : undefined}`,
        ]),
  ];
  return parts.length === 0 ? undefined : html` <span class="origin">${joined(parts, '; ')}</span>`;
}

/** Whether a value is a level that CIS2 does not offer. */
const isIgnored = ({ name, value }: Field, { journey }: ExchangeContext): boolean =>
  name === 'acr_values' && ignoredLevels(journey).some(({ asked }) => value.includes(asked));

function shownValue(field: Field, context: ExchangeContext): Html {
  const text = foreign(field.value, maxValueLength);
  if (isIgnored(field, context)) return html`<mark>${text}</mark> <span class="tag warn">ignored</span>`;
  const shown = field.mark === undefined ? text : html`<span class="secret">${text}</span>`;
  const value = field.offending
    ? html`<mark class="offending">${text}</mark> <strong class="offence">${context.message.refusal ? 'refused' : 'wrong'}</strong>`
    : shown;
  return html`${value}${origin(field, context)}`;
}

const fields = (
  list: readonly Field[] | undefined,
  between: ': ' | '=',
  context: ExchangeContext,
): Html | undefined =>
  list && list.length > 0
    ? html`<ul class="fields">${list.map(
        (field) =>
          html`<li><span class="name">${cut(field.name, 100)}</span>${between}${shownValue(field, context)}</li>`,
      )}</ul>`
    : undefined;

/** Longest body that is coloured. A longer one is plain text. */
const maxColouredLength = 20_000;

/** Returns the position after a JSON string that begins at a quotation mark. */
function endOfString(body: string, start: number): number {
  let at = start + 1;
  while (at < body.length && body[at] !== '"') at += body[at] === '\\' ? 2 : 1;
  return Math.min(at + 1, body.length);
}

/** Colours the names and strings of JSON, and links the secrets in it. */
function colouredJson(body: string, members: readonly Field[], context: ExchangeContext): Html {
  const bySecret = new Map(members.map((field) => [JSON.stringify(field.value), field]));
  const parts: (Html | string)[] = [];
  let end = 0;
  for (let start = body.indexOf('"'); start !== -1; start = body.indexOf('"', end)) {
    parts.push(cut(body.slice(end, start), body.length));
    end = endOfString(body, start);
    const text = body.slice(start, end);
    const isName = body[end] === ':';
    const secret = isName ? undefined : bySecret.get(text);
    parts.push(
      html`<span class="${isName ? 'name' : 'text'}">${cut(text, body.length)}</span>${secret ? origin(secret, context) : undefined}`,
    );
  }
  return html`${parts}${cut(body.slice(end), body.length)}`;
}

function bodyOf(captured: Captured, context: ExchangeContext): Html | undefined {
  const { body, isCut, members = [] } = captured;
  if (body === undefined || body === '') return undefined;
  const isJson = /^\s*[[{]/.test(body) && body.length <= maxColouredLength;
  return html`<pre tabindex="0" aria-label="Body">${isJson ? colouredJson(body, members, context) : cut(body, 65_536)}</pre>${
    isCut ? html`<p class="quiet">The body was longer; its first part was captured.</p>` : undefined
  }`;
}

const nothing = ({ notCaptured }: Message): Html =>
  html`<p class="quiet">Not captured. ${notCaptured === null ? 'No data.' : foreign(notCaptured)}</p>`;

const contentType = (captured: Captured | null): string | undefined =>
  captured?.headers.find(({ name }) => name.toLowerCase() === 'content-type')?.value;

/** Headers, query, parameters and body. Headers of the protocol are first, the others behind a summary. */
function exchange(captured: Captured, context: ExchangeContext): Html {
  const { headers, query, form } = captured;
  const isNotable = ({ name, mark, offending }: Field) =>
    mark !== undefined ||
    offending ||
    /^(content-type$|accept$|location$|www-authenticate$|x-(?!message-id)|nhsd-|nhs-|dpop)/i.test(name);
  const notable = headers.filter(isNotable);
  const others = headers.filter((field) => !isNotable(field));
  return html`<div class="values">${fields(notable, ': ', context)}${fields(query, '=', context)}${fields(form, '=', context)}${
    notable.length + (query?.length ?? 0) + (form?.length ?? 0) === 0
      ? html`<p class="quiet">No parameters.</p>`
      : undefined
  }</div>${bodyOf(captured, context)}${
    others.length > 0
      ? html`<details><summary>${counted(others.length, 'more header')}</summary><div class="values">${fields(others, ': ', context)}</div></details>`
      : undefined
  }`;
}

/** The request of a message, with the value that caused a refusal marked. Of a refused one also the answer. */
export function requestTab(context: ExchangeContext): Html {
  const { message } = context;
  const { request, response, method, route, outcome, id } = message;
  const address = request?.url ?? route ?? '';
  // A command from a file could do anything in the shell of the reader who trusts it.
  const command = isFromFile(context.journey) ? undefined : curlOf(message);
  const curl =
    command === undefined
      ? undefined
      : html`<button type="button" class="small secondary needs-script" data-copy="${command}">Copy as curl</button><noscript><a href="/api/v1/messages/${encodeURIComponent(id)}/curl">curl</a></noscript>`;
  const answer =
    outcome === 'refused' && response
      ? html`<h3>${answerLine(message)}</h3>${bodyOf(response, context) ?? exchange(response, context)}`
      : undefined;
  return html`<div class="request-line"><code>${method} ${foreign(address, 300)}</code>${curl}</div>${
    request ? exchange(request, context) : nothing(message)
  }${answer}`;
}

const answerLine = ({ status, response, durationMs }: Message): string =>
  [
    status === null ? 'No answer' : `Answer: ${status}`,
    cut(contentType(response)?.split(';')[0] ?? '', 60),
    durationMs === null ? '' : duration(durationMs),
  ]
    .filter(Boolean)
    .join(', ');

export function responseTab(context: ExchangeContext): Html {
  const { message } = context;
  return html`<h3>${answerLine(message)}</h3>${message.response ? exchange(message.response, context) : nothing(message)}`;
}
