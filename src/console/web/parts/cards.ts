import { type Html, html } from '@alongside/kernel/html';
import type { SocketCard } from '../../../../identity-agent/protocol.ts';
import type { ListedCard } from '../../../cis/protocol.ts';
import { foreign, joined, relative, table, tag } from '../frame/controls.ts';

type State = ListedCard['state'];

const tones: Readonly<Record<State, 'good' | 'bad' | 'warn' | 'plain'>> = {
  ordered: 'warn',
  active: 'good',
  expired: 'bad',
  revoked: 'bad',
  replaced: 'plain',
};

export const stateTags = ({ state, pin, renewable }: Pick<ListedCard, 'state' | 'pin' | 'renewable'>): Html =>
  html`${pin === 'blocked' && state === 'active' ? tag('PIN blocked', 'bad') : tag(state, tones[state])}${renewable ? html` ${tag('renew now', 'warn')}` : undefined}`;

const profiles: Readonly<Record<string, string>> = {
  expired: 'certificate expired',
  revoked: 'certificate revoked',
  renew: 'certificate ends soon',
  foreign: 'foreign issuer',
};

/** Returns cards with the PIN of the virtual ones as the Identity Agent has it: it counts wrong PINs, of which CIS hears later. */
export function withPins(cards: readonly ListedCard[], virtual: readonly SocketCard[]): ListedCard[] {
  const locked = new Map(virtual.map((card) => [card.serial, card.locked]));
  return cards.map((card) => {
    const isLocked = locked.get(card.serial);
    return isLocked === undefined ? card : { ...card, pin: isLocked ? 'blocked' : 'open' };
  });
}

/** The state of a virtual card, as the Identity Agent has it. */
export const virtualTags = ({ inserted, locked, profile }: SocketCard): Html =>
  joined(
    [
      ...(inserted ? [tag('in the reader', 'good')] : []),
      ...(locked ? [tag('PIN blocked', 'bad')] : []),
      ...(profiles[profile] ? [tag(profiles[profile] ?? '', 'warn')] : []),
    ],
    ' ',
  );

const link = (serial: string): Html =>
  html`<span class="what"><a href="/cards/${encodeURIComponent(serial)}"><code>${serial}</code></a></span>`;

const holder = (uid: string, name: string | null): Html =>
  name === null
    ? html`<span class="quiet">removed person</span><br><code class="quiet">${uid}</code>`
    : html`<a href="/people/${uid}">${foreign(name)}</a>`;

function dates({ state, notBefore, notAfter, revokedAt }: ListedCard, now: number): Html {
  if (state === 'ordered' || !notBefore || !notAfter)
    return html`<span class="quiet">no certificate yet</span>`;
  if (revokedAt) return html`revoked ${relative(revokedAt, now)}`;
  return html`until ${notAfter.slice(0, 10)}<br><span class="quiet">${relative(notAfter, now)}</span>`;
}

/** Cards of CIS, then virtual cards that have no certificate yet. */
export function cardTable(
  cards: readonly ListedCard[],
  virtual: readonly SocketCard[],
  now: number,
  { hasHolder = true }: { hasHolder?: boolean } = {},
): Html {
  return table(
    'Cards',
    ['Serial', ...(hasHolder ? ['Holder'] : []), 'State', 'Valid'],
    [
      ...cards.map((card) => ({
        id: `card-${card.serial}`,
        cells: [
          link(card.serial),
          ...(hasHolder ? [holder(card.uid, card.holder)] : []),
          stateTags(card),
          dates(card, now),
        ],
      })),
      ...virtual.map((card) => ({
        id: `card-${card.serial}`,
        cells: [
          link(card.serial),
          ...(hasHolder ? [holder(card.uid, card.name)] : []),
          html`${tag('virtual')} ${virtualTags(card)}`,
          html`<span class="quiet">gets its certificates when it is first inserted</span>`,
        ],
      })),
    ],
  );
}
