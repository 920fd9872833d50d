import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { type ImportAnswer, type Person, paths } from '../../cis/protocol.ts';
import type { CisDirectory } from '../cis-directory.ts';
import { refusedByCis } from './refused.ts';
import { digits12, unchanged } from './shapes.ts';

/** What names a person. CIS knows the other members and refuses what does not fit them. */
export const personOutline = unchanged(
  z.looseObject({
    uid: digits12,
    persona: z.string('must be text').nullable(),
    roles: z.array(z.looseObject({ roleId: digits12 }), 'must be a list'),
  }),
) as unknown as z.ZodType<Person>;

/** What only one person may have. */
const claimsOf = ({ persona, roles }: Person): string[] => [
  ...(persona === null ? [] : [`persona ${persona}`]),
  ...roles.map(({ roleId }) => `role ${roleId}`),
];

/** People of one call: CIS takes or refuses them together. */
const atOnce = 250;

/** The personas and role ids of all, with where they stand. */
export const placedClaims = (people: readonly Person[]) =>
  people.flatMap((person, index) =>
    claimsOf(person).map((value) => ({
      at: [index, value.startsWith('persona') ? 'persona' : 'roles'],
      value,
    })),
  );

/**
 * Makes exactly these the people of CIS, and leaves alone who is there already. Who gives up a persona or a role to
 * somebody else is taken away first. Throws `invalid_request` for one whom CIS refuses; those before are changed then.
 */
export async function bringPeople(cis: CisDirectory, targets: readonly Person[]): Promise<void> {
  const placed = new Map(targets.map((person, index) => [person.uid, { person, index }]));
  const ownerOf = new Map(targets.flatMap((person) => claimsOf(person).map((claim) => [claim, person.uid])));
  const stays = (before: Person) =>
    placed.has(before.uid) &&
    claimsOf(before).every((claim) => (ownerOf.get(claim) ?? before.uid) === before.uid);

  const present = await cis.everybody();
  for (const { uid } of present.filter((person) => !stays(person)))
    await cis.call({ method: 'DELETE', path: paths.person(uid) });
  const known = new Map(present.filter(stays).map((person) => [person.uid, person]));
  // First those who change: somebody new may take what they give up.
  const order = [...placed.values()]
    .filter(({ person }) => !isDeepStrictEqual(known.get(person.uid), person))
    .sort((one, other) => Number(known.has(other.person.uid)) - Number(known.has(one.person.uid)));
  for (let from = 0; from < order.length; from += atOnce) {
    const some = order.slice(from, from + atOnce);
    const answer = await cis.call({
      method: 'POST',
      path: `${paths.directoryImport}?dryRun=false`,
      body: { version: 1, people: some.map(({ person }) => person) },
      isLong: true,
    });
    const [error] = (answer.body as Partial<ImportAnswer> | undefined)?.errors ?? [];
    const place = `people.${some[error ? error.line - 1 : 0]?.index}`;
    if (error) throw refusedByCis(place, { ...answer, body: error });
    if (answer.status >= 300) throw refusedByCis(place, answer);
  }
}
