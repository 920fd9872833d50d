import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import {
  type ImportAnswer,
  type KeptCard,
  type KeptCardsAnswer,
  type Person,
  paths,
} from '../../../cis/protocol.ts';
import { errors } from '../../model/errors.ts';
import type { CisDirectory, NeighbourAnswer } from '../../model/neighbour.ts';
import { digits12, plainName, type UniqueValue, unchanged } from './preview.ts';

// People and cards, which CIS stores. CIS validates the members that are not checked here.

/** Returns the refusal of an import for an error of CIS. */
function refusedByCis(place: string, { status, body }: NeighbourAnswer): Error {
  const { field, problem, error_description: description } = (body ?? {}) as Record<string, string>;
  return errors.requestInvalid(`CIS answered ${status}`, {
    field: `${place}${field ? `.${field}` : ''}`,
    problem: problem ?? description ?? 'was refused by CIS',
  });
}

export const personOutline = unchanged<Person>(
  z.looseObject({
    uid: digits12,
    persona: z.string('must be text').nullable(),
    roles: z.array(z.looseObject({ roleId: digits12 }), 'must be a list'),
  }),
);

/** The persona and role ids of a person, each of which belongs to one person. */
const claimsOf = ({ persona, roles }: Person): string[] => [
  ...(persona === null ? [] : [`persona ${persona}`]),
  ...roles.map(({ roleId }) => `role ${roleId}`),
];

/** Returns the personas and role ids of all people. */
export const uniqueClaims = (people: readonly Person[]): UniqueValue[] =>
  people.flatMap((person, index) =>
    claimsOf(person).map((value) => ({
      at: [index, value.startsWith('persona') ? 'persona' : 'roles'],
      value,
    })),
  );

/** People in one call, which CIS accepts or refuses together. */
const batchSize = 250;

/**
 * Replaces the people of CIS with these and writes only differences. First removes people who lose a persona or a role to
 * another person. Throws `invalid_request` if CIS refuses a person; earlier batches stay written.
 */
export async function replacePeople(cis: CisDirectory, targets: readonly Person[]): Promise<void> {
  const targetOf = new Map(targets.map((person, index) => [person.uid, { person, index }]));
  const ownerOf = new Map(targets.flatMap((person) => claimsOf(person).map((claim) => [claim, person.uid])));
  const stays = (before: Person) =>
    targetOf.has(before.uid) &&
    claimsOf(before).every((claim) => (ownerOf.get(claim) ?? before.uid) === before.uid);

  const present = await cis.everyone();
  for (const { uid } of present.filter((person) => !stays(person)))
    await cis.call({ method: 'DELETE', path: paths.person(uid) });
  const remaining = new Map(present.filter(stays).map((person) => [person.uid, person]));
  // Existing people first: a new one may take over what they give up.
  const order = [...targetOf.values()]
    .filter(({ person }) => !isDeepStrictEqual(remaining.get(person.uid), person))
    .sort((one, other) => Number(remaining.has(other.person.uid)) - Number(remaining.has(one.person.uid)));
  for (let from = 0; from < order.length; from += batchSize) {
    const batch = order.slice(from, from + batchSize);
    const answer = await cis.call({
      method: 'POST',
      path: paths.directoryImport,
      query: { dryRun: 'false' },
      body: { version: 1, people: batch.map(({ person }) => person) },
      isLong: true,
    });
    const [error] = (answer.body as Partial<ImportAnswer> | undefined)?.errors ?? [];
    const place = `people.${batch[error ? error.line - 1 : 0]?.index}`;
    if (error) throw refusedByCis(place, { ...answer, body: error });
    if (answer.status >= 300) throw refusedByCis(place, answer);
  }
}

export const cardRecordOutline = unchanged<KeptCard>(z.looseObject({ serial: plainName }));

/** Returns the cards that CIS stores, by serial. */
export async function exportedCardRecords(cis: CisDirectory): Promise<KeptCard[]> {
  const cards: KeptCard[] = [];
  for (let after: string | null = ''; after !== null; ) {
    const { cards: more, next }: KeptCardsAnswer = await cis.read(paths.cardRecords, { after });
    cards.push(...more);
    after = next;
  }
  return cards;
}

/** Replaces the cards of CIS with these. Throws `invalid_request` if CIS refuses one; earlier ones stay written. */
export async function replaceCardRecords(cis: CisDirectory, targets: readonly KeptCard[]): Promise<void> {
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
