import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { ExportedCard, LocalAgent } from '../agent.ts';
import { digits12, unchanged } from './shapes.ts';

/** Longest card as JSON, in bytes: one must fit into a line of the agent's socket, with what is around it. */
const longestCard = 60_000;

/** What names a card. The agent knows the other members and refuses what does not fit them. */
export const cardOutline = unchanged(
  z
    .looseObject({
      serial: digits12,
      uid: digits12,
      cardKey: z.string('must be text').min(1, 'must not be empty'),
      slots: z.never('are made here and not imported').optional(),
    })
    .refine((card) => sizeOf(card) <= longestCard, `must have at most ${longestCard} bytes`),
) as unknown as z.ZodType<ExportedCard>;

const sizeOf = (card: object): number => Buffer.byteLength(JSON.stringify(card));

const withoutKeys = ({ slots: _, ...card }: ExportedCard): ExportedCard => card;

/** Every card, the oldest first. Its keys were certified here and are worth nothing elsewhere, so they stay. */
export const exportedCards = async (agent: LocalAgent): Promise<ExportedCard[]> =>
  (await agent.exportCards()).map(withoutKeys);

const isSameCard = (one: ExportedCard, other: ExportedCard): boolean =>
  (['serial', 'cardKey', 'uid', 'profile', 'keyType'] as const).every((name) => one[name] === other[name]);

/** Cards in pieces that fit into a line. */
function* pieces(cards: readonly ExportedCard[]): Generator<ExportedCard[]> {
  let piece: ExportedCard[] = [];
  let size = 0;
  for (const card of cards) {
    const more = sizeOf(card) + 1;
    if (piece.length > 0 && size + more > longestCard) {
      yield piece;
      [piece, size] = [[], 0];
    }
    piece.push(card);
    size += more;
  }
  yield piece;
}

async function putAll(agent: LocalAgent, cards: readonly ExportedCard[]): Promise<void> {
  let add = false;
  for (const piece of pieces(cards)) {
    await agent.importCards(piece, add);
    add = true;
  }
}

/**
 * Makes exactly these the cards; one that was here keeps its keys. When they are so already, nothing happens and the
 * reader keeps its card. Returns how to bring the former ones back.
 */
export async function bringCards(
  agent: LocalAgent,
  targets: readonly ExportedCard[],
): Promise<() => Promise<void>> {
  const before = await agent.exportCards();
  if (isDeepStrictEqual(before.map(withoutKeys), targets)) return async () => undefined;
  const undo = () => putAll(agent, before);
  const cards = targets.map((target) => {
    const slots = before.find((card) => isSameCard(card, target))?.slots;
    return slots === undefined ? target : { ...target, slots };
  });
  try {
    await putAll(agent, cards);
  } catch (error) {
    await undo();
    throw error;
  }
  return undo;
}
