import { json, noContent } from '@alongside/kernel/answer';
import type { JsonWebKey } from '@alongside/kernel/jwk';
import { z } from 'zod';
import { type ApiCall, defineCall } from '../api/call.ts';
import { errors } from '../errors.ts';

/** The public keys that testers add to a mock realm, to sign ID and logout tokens themselves. Its refusals pass through. */
export interface RealmKeySets {
  list(realm: string): Promise<JsonWebKey[]>;
  add(realm: string, jwk: unknown): Promise<JsonWebKey>;
  remove(realm: string, kid: string): Promise<boolean>;
}

const shape = z.strictObject({ jwk: z.looseObject({}, 'must be a JSON Web Key') });

/** `/realms/{realm}/keys`, in development. */
export function realmKeyCalls({ realmKeys }: { realmKeys?: RealmKeySets }): ApiCall[] {
  if (!realmKeys) return [];
  return [
    defineCall({
      method: 'GET',
      path: '/realms/{realm}/keys',
      summary: 'Public keys that testers added to a mock realm',
      answers: { 200: 'The keys', 404: 'There is no such realm' },
      handle: async ({ part }) => json(200, { keys: await realmKeys.list(part('realm')) }),
    }),
    defineCall({
      method: 'POST',
      path: '/realms/{realm}/keys',
      summary: 'Adds a public key with its own kid to a mock realm',
      body: shape,
      answers: {
        201: 'The key as it is kept',
        400: 'Not a public signature key',
        404: 'There is no such realm',
      },
      handle: async ({ part, body }) => json(201, await realmKeys.add(part('realm'), body.jwk)),
    }),
    defineCall({
      method: 'DELETE',
      path: '/realms/{realm}/keys/{kid}',
      summary: 'Takes a key away',
      answers: { 204: 'It is gone', 404: 'There is no such key' },
      async handle({ part }) {
        if (!(await realmKeys.remove(part('realm'), part('kid')))) throw errors.notFound('no such key');
        return noContent();
      },
    }),
  ];
}
