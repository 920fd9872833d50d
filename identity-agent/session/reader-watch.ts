import type { Reader } from '../card/transport.ts';
import { refuseBeforePin } from './card-refusal.ts';
import type { Desk } from './desk.ts';
import { type CardLabel, DeskCard } from './desk-card.ts';

/**
 * Handles inserted and removed cards. Returns a function that stops this. `label` returns the facts about the card in the reader.
 */
export function watchReader(desk: Desk, reader: Reader, label: () => CardLabel | undefined): () => void {
  const came = async (): Promise<void> => {
    const inserted = reader.card();
    if (!inserted) return;
    const card = await DeskCard.read(inserted, label()).catch(() => undefined);
    if (!card) return;
    await refuseBeforePin(desk, card);
    if (reader.card() !== inserted) return;
    desk.card = card;
    desk.arrows.card('agent.card-inserted', card);
    if (desk.pinQuestion) desk.arrows.pinAsked('identity-agent', [card.insertion]);
    desk.tell('cardInserted', { serial: card.label.serial });
  };
  const unwatch = reader.onChange((present) => {
    cardRemoved(desk);
    if (present) desk.track(came());
  });
  if (reader.card()) desk.track(came());
  return unwatch;
}

function cardRemoved(desk: Desk): void {
  const { card, session } = desk;
  if (!card) return;
  const itsSession = desk.ownCard ? session : undefined;
  desk.card = undefined;
  desk.unask();
  desk.arrows.card('agent.card-removed', card, itsSession ? [itsSession.id] : []);
  if (itsSession && desk.behaviour.onRemoval === 'end') desk.end('cardRemoved');
  if (itsSession && desk.behaviour.onRemoval === 'lock') desk.lock('card');
  desk.tell('cardRemoved', { serial: card.label.serial });
}
