import { type Html, html } from '@alongside/kernel/html';
import { counted } from '@alongside/kernel/operator';
import type { SocketCard } from '../../../../../identity-agent/protocol.ts';
import { type CardRecord, type Person, paths, revocationReasons } from '../../../../cis/protocol.ts';
import { errors } from '../../../model/errors.ts';
import { orNull } from '../../../model/neighbour.ts';
import {
  callButton,
  callForm,
  copied,
  foreign,
  relative,
  selectField,
  summaryRow,
  tag,
} from '../../frame/controls.ts';
import { definePage, type PageView } from '../../frame/page.ts';
import { approvalNote, needsApproval, ownRequests } from '../../parts/approvals.ts';
import { stateTags, virtualTags } from '../../parts/cards.ts';
import { noOfficer, officerField, officers } from '../../parts/officers.ts';
import { actsOn, type PossibleAct } from './acts.ts';
import { readerButton } from './list.ts';

type View = PageView<{ serial: string }>;

interface Found {
  /** Null for a virtual card that has no certificate yet. */
  card: CardRecord | null;
  virtual: SocketCard | undefined;
  uid: string;
}

async function find({ console, params: { serial } }: View): Promise<Found> {
  const [answer, virtual] = await Promise.all([
    console.cis.call({ path: paths.card(serial) }),
    console.development ? orNull(console.agent.cards()) : null,
  ]);
  const card = answer.status === 200 ? (answer.body as CardRecord) : null;
  const own = virtual?.find((each) => each.serial === serial);
  const uid = card?.uid ?? own?.uid;
  if (uid === undefined) throw errors.notFound(`There is no card ${serial.slice(0, 40)}.`);
  return { card, virtual: own, uid };
}

const holderOf = async ({ console }: View, uid: string): Promise<Html> => {
  const person: Person | null = await orNull(console.cis.person(uid));
  return person
    ? html`<a href="/people/${uid}">${foreign(person.displayName)}</a>`
    : html`<span class="quiet">a removed person</span> <code>${uid}</code>`;
};

const time = (iso: string, now: number): Html =>
  html`${iso.slice(0, 16).replace('T', ' ')} <span class="quiet">${relative(iso, now)}</span>`;

async function state(view: View): Promise<Html> {
  const { now, params } = view;
  const { card, virtual, uid } = await find(view);
  return html`<section class="panel" aria-labelledby="h-card"><h2 id="h-card">Card</h2><dl class="summary">
${summaryRow('Serial', copied(params.serial, 'the serial'))}${summaryRow('Holder', await holderOf(view, uid))}
${summaryRow('State', card ? stateTags(card) : html`${tag('virtual')} <span class="quiet">not issued yet: it gets its certificates when it is first inserted</span>`)}
${summaryRow('Valid from', card?.notBefore ? time(card.notBefore, now) : undefined)}${summaryRow('Valid until', card?.notAfter ? time(card.notAfter, now) : undefined)}
${summaryRow('Revoked', card?.revokedAt ? html`${time(card.revokedAt, now)} ${card.revocationReason ?? ''}` : undefined)}
${summaryRow('Ordered by', card?.orderedBy ? await holderOf(view, card.orderedBy) : undefined)}
${summaryRow('Replaces', card?.replaces ? html`<a href="/cards/${encodeURIComponent(card.replaces)}"><code>${card.replaces}</code></a>` : undefined)}
${summaryRow('In this machine', virtual ? html`${virtualTags(virtual)} <span class="quiet">${counted(virtual.pinTriesLeft, 'PIN attempt')} left</span>` : undefined)}</dl></section>`;
}

/** The actions for a virtual card at this machine. */
async function reader(view: View): Promise<Html> {
  const { virtual, card } = await find(view);
  const { serial } = view.params;
  if (!virtual) {
    if (card?.state !== 'ordered')
      return html`<p class="quiet">The Identity Agent of this machine does not have this card.</p>`;
    return html`<p>This card is ordered. Make a virtual one for its holder to use it here.</p><div class="actions">${callButton({ id: 'make', method: 'POST', path: '/cards', body: { person: card.uid, serial }, done: 'Made. Insert it to issue its certificates.', label: 'Make this card here' })}</div>`;
  }
  return html`<div class="actions">${readerButton(virtual)}${
    virtual.locked
      ? callButton({
          id: 'open',
          method: 'PATCH',
          path: `/cards/${serial}`,
          body: { locked: false },
          done: 'The PIN is open again.',
          label: 'Restore the PIN attempts',
        })
      : callButton({
          id: 'block',
          method: 'PATCH',
          path: `/cards/${serial}`,
          body: { locked: true },
          done: 'The PIN is blocked, as after three wrong entries.',
          label: 'Block the PIN',
        })
  }${callButton({ id: 'destroy', method: 'DELETE', path: `/cards/${serial}`, done: 'Destroyed.', label: 'Destroy', about: 'the virtual card', confirm: 'Destroy this virtual card? Its keys cannot be restored.', next: '/cards', tone: 'danger' })}</div>`;
}

const reasonNames: Readonly<Record<(typeof revocationReasons)[number], string>> = {
  unspecified: 'not stated',
  keyCompromise: 'lost or stolen',
  affiliationChanged: 'works elsewhere now',
  superseded: 'superseded by another card',
  cessationOfOperation: 'no longer needed',
  privilegeWithdrawn: 'may not hold a card any more',
};

const actForm = (
  serial: string,
  { act, title, effect, whyNot, hasReason }: PossibleAct,
  acting: Awaited<ReturnType<typeof officers>>,
): Html => {
  if (whyNot !== undefined)
    return html`<section class="act-row impossible" aria-labelledby="h-${act}"><h3 id="h-${act}">${title}</h3><p>Not possible now. ${whyNot}</p></section>`;
  const done = {
    unblock: 'The unblocking code is shown below.',
    renew: 'Allowed for 24 hours.',
    replace: 'Replaced.',
    revoke: 'Revoked.',
  }[act];
  return html`<section class="act-row" aria-labelledby="h-${act}"><h3 id="h-${act}">${title}</h3><p>${effect}</p>${callForm(
    {
      id: `act-${act}`,
      method: 'POST',
      path: `/registration-authority/cards/${encodeURIComponent(serial)}/${act}`,
      done,
      submit: title,
      ...(act === 'replace' ? { next: '/cards/{serial}' } : {}),
      ...(hasReason
        ? {
            confirm: `${title} this card? Its sessions end and its certificates are refused.`,
            tone: 'danger' as const,
          }
        : {}),
      fields: html`<div class="pair">${officerField(`${act}-actor`, 'actor', acting)}${
        hasReason
          ? selectField({
              name: 'reason',
              id: `${act}-reason`,
              label: 'Reason',
              options: revocationReasons.map((reason) => [reason, reasonNames[reason]] as const),
            })
          : undefined
      }</div>`,
    },
  )}</section>`;
};

async function acts(view: View): Promise<Html> {
  const [{ card }, acting] = await Promise.all([find(view), officers(view.console)]);
  if (view.caller?.role === 'support')
    return html`<p class="quiet">Your role shows cards and does not change them.</p>`;
  if (!card) return html`<p class="quiet">CIS does not know this card yet. Insert it once.</p>`;
  const list = actsOn(card);
  if (acting.length === 0 && list.some(({ whyNot }) => whyNot === undefined)) return noOfficer;
  return html`<div class="acts">${list.map((act) => actForm(card.serial, act, acting))}</div>`;
}

export const cardPage = definePage({
  path: '/cards/:serial',
  roles: ['registration-authority', 'support'],
  program: 'parts/shown-once',
  parts: {
    state: { on: ['card', 'desk', 'person', 'clock'], render: state },
    reader: { on: ['card', 'desk'], render: reader },
    acts: { on: ['card'], render: acts },
    requests: {
      on: ['approval'],
      render: async (view) => html`${await ownRequests(view, (await find(view)).uid)}`,
    },
  },
  async render(view) {
    const { uid } = await find(view);
    const holder = await orNull(view.console.cis.person(uid));
    const note =
      holder && needsApproval(view, holder) ? html`${approvalNote}${await view.part('requests')}` : undefined;
    return {
      title: `Card ${view.params.serial.slice(0, 40)}`,
      crumbs: [{ label: 'Cards', href: '/cards' }],
      lead: html`of ${await holderOf(view, uid)}`,
      main: html`<div class="cards">${await view.part('state')}${view.console.development ? html`<section class="panel" aria-labelledby="h-reader"><h2 id="h-reader">At this machine</h2>${await view.part('reader')}</section>` : undefined}</div>
<h2>Registration authority</h2>${note}<div id="shown-once"></div>${await view.part('acts')}`,
    };
  },
});
