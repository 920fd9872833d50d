import { type Html, html, safeHref } from '@alongside/kernel/html';
import { counted } from '@alongside/kernel/operator';
import { type OutboxAnswer, type OutboxMail, paths } from '../../../../cis/protocol.ts';
import { errors } from '../../../model/errors.ts';
import { copied, emptyState, foreign, table, tag, when } from '../../frame/controls.ts';
import { definePage, type PageView } from '../../frame/page.ts';

const states: Readonly<
  Record<OutboxMail['state'], readonly [text: string, tone: 'good' | 'bad' | 'warn' | 'plain']>
> = {
  kept: ['not sent: no mail server', 'plain'],
  waiting: ['waiting', 'warn'],
  sent: ['sent', 'good'],
  failed: ['failed', 'bad'],
};

async function list({ console: { cis }, now }: PageView): Promise<Html> {
  const { mails } = await cis.read<OutboxAnswer>(paths.mailOutbox, { limit: '100' });
  if (mails.length === 0)
    return emptyState(
      'There is no mail. A mail is written when a user asks for a code to unlock a blocked card, and when an authenticator of a user is added or removed.',
      html`<p>To cause one: block a card with three wrong PINs at the <a href="/desk">desk</a>, then ask for a code on the page of the Identity Agent.</p>`,
    );
  return table(
    'Mail',
    ['Subject', 'To', 'Written', 'State'],
    mails.map(({ id, subject, to, createdAt, state }) => ({
      id: `mail-${id}`,
      cells: [
        html`<a href="/mail/${id}">${foreign(subject)}</a>`,
        foreign(to),
        when(createdAt, now),
        tag(...states[state]),
      ],
    })),
  );
}

export const mailPage = definePage({
  path: '/mail',
  only: 'development',
  navigation: { group: 'desk', label: 'Mail' },
  parts: { list: { on: ['mail', 'journey'], render: list } },
  async render({ part }) {
    return {
      title: 'Mail',
      lead: 'Each mail of this installation, also without a mail server. Mails are kept for seven days.',
      main: await part('list'),
    };
  },
});

/** Splits a text into addresses and the rest. */
function withLinks(text: string): Html {
  return html`${text
    .split(/(https?:\/\/[^\s<>"]{1,2000})/)
    .map((piece, index) =>
      index % 2 === 1 ? html`<a href="${safeHref(piece)}" rel="noreferrer">${piece}</a>` : piece,
    )}`;
}

/** The codes of a mail: words of six to eight digits. */
const codesIn = (text: string): string[] => [
  ...new Set(text.split(/\s/).filter((word) => /^\d{6,8}$/.test(word))),
];

async function journeyOf(
  { console: { journeys } }: PageView,
  id: string | null,
): Promise<string | undefined> {
  return id === null ? undefined : (await journeys.message(id))?.journey;
}

export const oneMailPage = definePage({
  path: '/mail/:id',
  only: 'development',
  async render(view) {
    const { console, params, now } = view;
    const { status, body } = await console.cis.call({ path: paths.mail(params.id) });
    if (status !== 200) throw errors.notFound('Mails are kept for seven days, or until a reset.');
    const mail = body as OutboxMail;
    const { subject, to, text, createdAt, state, attempts, problem } = mail;
    const journey = await journeyOf(view, mail.messageId);
    const codes = codesIn(text);
    return {
      title: subject,
      heading: foreign(subject),
      crumbs: [{ label: 'Mail', href: '/mail' }],
      main: html`<dl class="summary"><dt>To</dt><dd>${foreign(to)}</dd><dt>Written</dt><dd>${when(createdAt, now)}</dd>
<dt>State</dt><dd>${tag(...states[state])}${attempts > 0 ? html` ${counted(attempts, 'attempt')}` : undefined}${problem ? html`: ${foreign(problem)}` : undefined}</dd>
<dt>Journey</dt><dd>${journey ? html`<a href="/journeys/${journey}">Open the journey that caused it</a>` : 'not stored: background work, or removed by age'}</dd></dl>
${codes.map((code) => html`<p>Code: ${copied(code, 'the code')}</p>`)}
<div class="panel mail-text" dir="auto">${withLinks(text)}</div>`,
    };
  },
});
