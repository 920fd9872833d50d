import type { Reader } from '../card/transport.ts';
import { refuseBeforePin } from './card-refusal.ts';
import type { Desk } from './desk.ts';
import { type CardLabel, DeskCard } from './desk-card.ts';

/**
 * Handles inserted and removed cards. Returns a function that stops this. `label` returns the facts about the card in the reader.
 */
export function watchReader(desk: Desk, reader: Reader, label: () => CardLabel | undefined): () => void {
  const inserted = async (): Promise<void> => {
    const present = reader.card();
    if (!present) return;
    const card = await DeskCard.read(present, label()).catch(() => undefined);
    if (!card) return;
    await refuseBeforePin(desk, card);
    if (reader.card() !== present) return;
    desk.insertCard(card);
  };
  const unwatch = reader.onChange((present) => {
    desk.removeCard();
    if (present) desk.track(inserted());
  });
  if (reader.card()) desk.track(inserted());
  return unwatch;
}
