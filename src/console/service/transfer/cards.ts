import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { ExportedCard, LocalAgent } from '../../model/agent.ts';
import { digits12, unchanged } from './preview.ts';

/** Maximum size of a card as JSON, in bytes: a call to the agent's socket must fit into one line. */
const maxCardLength = 60_000;

/** The agent validates the other members. */
export const cardOutline = unchanged<ExportedCard>(
  z
    .looseObject({
      serial: digits12,
      uid: digits12,
      cardKey: z.string('must be text').min(1, 'must not be empty'),
      slots: z.never('are made here and not imported').optional(),
    })
    .refine((card) => sizeOf(card) <= maxCardLength, `must have at most ${maxCardLength} bytes`),
);

const sizeOf = (card: object): number => Buffer.byteLength(JSON.stringify(card));

const withoutKeys = ({ slots: _, ...card }: ExportedCard): ExportedCard => card;

/** Returns all cards, oldest first. Omits their keys, because the certificates are valid only here. */
export const exportedCards = async (agent: LocalAgent): Promise<ExportedCard[]> =>
  (await agent.exportCards()).map(withoutKeys);

const isSameCard = (one: ExportedCard, other: ExportedCard): boolean =>
  (['serial', 'cardKey', 'uid', 'profile', 'keyType'] as const).every((name) => one[name] === other[name]);

/** Splits cards into lists that fit into one line. */
function* lines(cards: readonly ExportedCard[]): Generator<ExportedCard[]> {
  let line: ExportedCard[] = [];
  let size = 0;
  for (const card of cards) {
    const more = sizeOf(card) + 1;
    if (line.length > 0 && size + more > maxCardLength) {
      yield line;
      [line, size] = [[], 0];
    }
    line.push(card);
    size += more;
  }
  yield line;
}

async function putAll(agent: LocalAgent, cards: readonly ExportedCard[]): Promise<void> {
  let add = false;
  for (const line of lines(cards)) {
    await agent.importCards(line, add);
    add = true;
  }
}

/**
 * Replaces the cards of the agent with these. Unchanged cards keep their keys, and an unchanged set leaves the reader alone.
 * Returns a function that restores the former cards.
 */
export async function replaceCards(
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
