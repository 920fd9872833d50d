import { json, noContent } from '@alongside/kernel/answer';
import { z } from 'zod';
import { defineCall } from '../api/call.ts';
import { errors } from '../errors.ts';
import type { Resource } from './resource.ts';

const shape = z.strictObject({ jwk: z.looseObject({}, 'must be a JSON Web Key') });

const publicKey = z.looseObject({ kty: z.string(), kid: z.string() }).meta({ id: 'PublicKey' });

/** `/realms/{realm}/keys`. */
export const realmKeys: Resource = {
  only: 'development',
  calls: ({ realmKeys }) =>
    realmKeys
      ? [
          defineCall('GET', '/realms/:realm/keys', {
            summary: 'Lists the public keys that testers added to a mock realm',
            answers: { 200: 'The keys', 404: 'Unknown realm' },
            response: z.strictObject({ keys: z.array(publicKey) }),
            handle: async ({ params }) => json(200, { keys: await realmKeys.list(params.realm) }),
          }),
          defineCall('POST', '/realms/:realm/keys', {
            summary: 'Adds a public key, with its kid, to a mock realm',
            body: shape,
            answers: { 201: 'The stored key', 400: 'Not a public signature key', 404: 'Unknown realm' },
            response: publicKey,
            handle: async ({ params, body }) => json(201, await realmKeys.add(params.realm, body.jwk)),
          }),
          defineCall('DELETE', '/realms/:realm/keys/:kid', {
            summary: 'Removes a key',
            answers: { 204: 'Removed', 404: 'Unknown key' },
            async handle({ params: { realm, kid } }) {
              if (!(await realmKeys.remove(realm, kid))) throw errors.notFound('no such key');
              return noContent();
            },
          }),
        ]
      : [],
};
