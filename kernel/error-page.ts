import type { Answer } from './answer.ts';
import type { Actor, ErrorEntry } from './errors.ts';
import { html } from './html.ts';
import { framedPage, type LayoutOptions } from './layout.ts';

/** Texts of an error page. `{number}` in `help` is the id of the request. */
export interface ErrorPageWords {
  title: string;
  help: string;
  developers: string;
  error: string;
  why: string;
  who: string;
  fix: string;
  rule: string;
  actors: Readonly<Record<Actor, string>>;
}

export const errorPageWords: ErrorPageWords = {
  title: 'There is a problem',
  help: 'If you ask for help, quote this number: {number}',
  developers: 'For developers',
  error: 'Error',
  why: 'Why',
  who: 'Who must act',
  fix: 'Fix',
  rule: 'Rule',
  actors: {
    user: 'the user',
    developer: 'the developer of the application',
    operator: 'the operator of this service',
    agent: 'the Identity Agent',
  },
};

interface ShownError extends Pick<LayoutOptions, 'service' | 'development' | 'assets'> {
  entry: Pick<ErrorEntry, 'id' | 'code' | 'status' | 'fix' | 'actor' | 'source'>;
  /** The error in the language of the user. */
  description: string;
  /** The next step of the user, if the description does not name it. */
  advice?: string;
  /** The private reason, for development only. */
  detail: string;
  /** Finds the error in the log. */
  requestId: string;
  /** Texts of the page and of its frame; English by default. */
  words?: ErrorPageWords;
  frame?: LayoutOptions['words'];
}

/** Returns the page of an error that is not sent to the client. In development it includes the reason. */
export function errorPage({ entry, words = errorPageWords, frame, ...shown }: ShownError): Answer {
  const { service, development, assets, description, advice, detail, requestId } = shown;
  const { id, code, status, fix, actor, source } = entry;
  const more = html`<h2>${words.developers}</h2>
<dl class="summary"><dt>${words.error}</dt><dd><code>${code}</code> (${id})</dd><dt>${words.why}</dt><dd>${detail || description}</dd>
<dt>${words.fix}</dt><dd>${fix}</dd><dt>${words.who}</dt><dd>${words.actors[actor]}</dd>${source ? html`<dt>${words.rule}</dt><dd>${source}</dd>` : undefined}</dl>`;
  const [before = '', after = ''] = words.help.split('{number}');
  return framedPage(status, {
    title: words.title,
    service,
    development,
    ...(frame && { words: frame }),
    ...(assets !== undefined && { assets }),
    main: html`<p class="lead">${description}</p>
${advice ? html`<p>${advice}</p>` : undefined}
${development ? more : undefined}
<p class="quiet">${before}<code>${requestId}</code>${after}</p>`,
  });
}
