import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { type Person, paths } from '../../cis/protocol.ts';
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

type Members = Record<string, unknown>;

const isObject = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The merge patch that makes one object the other (RFC 7396). What is null afterwards is taken away. */
export function patchBetween(before: Members, after: Members): Members {
  const patch: Members = {};
  for (const name of Object.keys(before)) if (!Object.hasOwn(after, name)) patch[name] = null;
  for (const [name, value] of Object.entries(after)) {
    const former = before[name];
    if (isDeepStrictEqual(former, value)) continue;
    patch[name] = isObject(former) && isObject(value) ? patchBetween(former, value) : value;
  }
  return patch;
}

/** What only one person may have. */
const claimsOf = ({ persona, roles }: Person): string[] => [
  ...(persona === null ? [] : [`persona ${persona}`]),
  ...roles.map(({ roleId }) => `role ${roleId}`),
];

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
  const order = [...placed.values()].sort(
    (one, other) => Number(known.has(other.person.uid)) - Number(known.has(one.person.uid)),
  );
  for (const { person, index } of order) {
    const before = known.get(person.uid);
    if (isDeepStrictEqual(before, person)) continue;
    const answer = await cis.call(
      before
        ? {
            method: 'PATCH',
            path: paths.person(person.uid),
            body: patchBetween({ ...before }, { ...person }),
          }
        : { method: 'POST', path: paths.people, body: person },
    );
    if (answer.status >= 300) throw refusedByCis(`people.${index}`, answer);
  }
}
