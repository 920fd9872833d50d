import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { type KeptCard, type KeptCardsAnswer, paths } from '../../cis/protocol.ts';
import type { CisDirectory } from '../cis-directory.ts';
import { refusedByCis } from './refused.ts';
import { plainName, unchanged } from './shapes.ts';

/** What names a card. CIS knows the other members and refuses what does not fit them. */
export const cardRecordOutline = unchanged(
  z.looseObject({ serial: plainName }),
) as unknown as z.ZodType<KeptCard>;

/** The cards as CIS keeps them, by serial. */
export async function exportedCardRecords(cis: CisDirectory): Promise<KeptCard[]> {
  const cards: KeptCard[] = [];
  for (let after: string | null = ''; after !== null; ) {
    const path: string = `${paths.cardRecords}?after=${encodeURIComponent(after)}`;
    const { cards: more, next } = (await cis.call({ method: 'GET', path })).body as KeptCardsAnswer;
    cards.push(...more);
    after = next;
  }
  return cards;
}

/** Makes exactly these the cards of CIS. Throws `invalid_request` for one that CIS refuses; those before are changed then. */
export async function bringCardRecords(cis: CisDirectory, targets: readonly KeptCard[]): Promise<void> {
  const present = new Map((await exportedCardRecords(cis)).map((card) => [card.serial, card]));
  const wanted = new Set(targets.map(({ serial }) => serial));
  for (const serial of present.keys())
    if (!wanted.has(serial)) await cis.call({ method: 'DELETE', path: paths.cardRecord(serial) });
  for (const [index, card] of targets.entries()) {
    if (isDeepStrictEqual(present.get(card.serial), card)) continue;
    const answer = await cis.call({ method: 'PUT', path: paths.cardRecord(card.serial), body: card });
    if (answer.status >= 300) throw refusedByCis(`cardRecords.${index}`, answer);
  }
}
