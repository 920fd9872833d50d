import { type Html, html } from '@alongside/kernel/html';
import type { SocketCard } from '../../../../../identity-agent/protocol.ts';
import { type CardsAnswer, paths } from '../../../../cis/protocol.ts';
import { orNull } from '../../../model/neighbour.ts';
import { callButton, emptyState, foreign, hiddenColumn, table } from '../../frame/controls.ts';
import { definePage, type PageView } from '../../frame/page.ts';
import { cardTable, virtualTags, withPins } from '../../parts/cards.ts';
import { foundFilters, isLimited, isRestricted, pageLinks, searchOf } from '../people/list.ts';

async function list(view: PageView): Promise<Html> {
  const { console, query, now } = view;
  const found = await orNull(
    searchOf(view).then((search) => console.cis.read<CardsAnswer>(paths.cards, search)),
  );
  if (!found) return html`<p class="warning">CIS does not respond, so its cards cannot be shown.</p>`;
  const virtual = console.development ? await orNull(console.agent.cards()) : null;
  if (found.cards.length > 0)
    return html`${isRestricted(query) ? undefined : html`<p class="quiet">${isLimited(view) ? 'The cards of the people of your organisations.' : 'The cards that were changed last. Search for the others.'}</p>`}
${cardTable(withPins(found.cards, virtual ?? []), [], now)}${pageLinks('/cards', query, found.next)}`;
  if (found.next) return html`<p>These people have no card.</p>${pageLinks('/cards', query, found.next)}`;
  return isRestricted(query)
    ? emptyState(html`No card is found. <a href="/cards">Show the cards changed last</a>.`)
    : emptyState(
        console.development
          ? 'CIS has issued no card yet. A virtual card gets its certificates when it is first inserted.'
          : 'CIS has issued no card yet.',
        html`<a class="button" href="/people">Order one for a person</a>`,
      );
}

export const readerButton = ({ serial, inserted, name, persona }: SocketCard): Html => {
  const about = `the card of ${persona ?? name}`.slice(0, 200);
  return inserted
    ? callButton({
        id: `reader-${serial}`,
        method: 'DELETE',
        path: '/readers/0/card',
        done: 'The reader is empty.',
        label: 'Remove',
        about,
      })
    : callButton({
        id: `reader-${serial}`,
        method: 'PUT',
        path: '/readers/0/card',
        body: { card: serial },
        done: 'The card is in the reader.',
        label: 'Insert',
        about,
      });
};

async function virtual({ console }: PageView): Promise<Html> {
  const cards = await orNull(console.agent.cards());
  if (!cards)
    return html`<p class="warning">No Identity Agent responds on this machine, so there are no virtual cards. Start one with <code>alongside agent</code>.</p>`;
  if (cards.length === 0) return html`<p class="quiet">The agent has no virtual card.</p>`;
  return table(
    'Virtual cards',
    ['Card', 'Serial', 'State', hiddenColumn('Reader')],
    cards.slice(0, 200).map((card) => ({
      id: `virtual-${card.serial}`,
      cells: [
        html`<span class="what"><a href="/people/${card.uid}">${foreign(card.name)}</a></span>${card.persona ? html`<br><span class="quiet">${card.persona}</span>` : undefined}`,
        html`<a href="/cards/${encodeURIComponent(card.serial)}"><code>${card.serial}</code></a>`,
        virtualTags(card),
        readerButton(card),
      ],
    })),
  );
}

export const cardsPage = definePage({
  path: '/cards',
  navigation: { group: 'register', label: 'Cards' },
  roles: ['registration-authority', 'support'],
  parts: {
    list: { on: ['card', 'person', 'desk'], render: list },
    virtual: { on: ['card', 'desk'], render: virtual },
  },
  async render(view) {
    return {
      title: 'Cards',
      lead: 'Smartcards of the registration authority. Order one on the page of its holder.',
      main: html`${await foundFilters(view, '/cards', 'Serial, or name or uid of the holder')}${await view.part('list')}${
        view.console.development
          ? html`<h2>Virtual cards of this machine</h2>${await view.part('virtual')}`
          : undefined
      }`,
    };
  },
});
