import { json, noContent } from '@alongside/kernel/answer';
import { z } from 'zod';
import { errors } from '../../model/errors.ts';
import { defineCall, type Resource } from '../api/call.ts';

const name = z
  .string()
  .min(1, 'must not be empty')
  .max(100, 'must have at most 100 characters')
  .regex(/^\P{C}*$/u, 'must not hold control characters');

const citizen = z.strictObject({
  nhsNumber: z.string().regex(/^\d{10}$/, 'must be ten digits'),
  proofing: z.enum(['P0', 'P5', 'P9'], 'must be "P0", "P5" or "P9"').default('P9'),
  givenName: name,
  familyName: name,
  birthdate: z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}$/, 'must be a date such as 1968-02-12')
    .default('1970-01-01'),
  email: z
    .string()
    .max(254)
    .regex(/^[^\s@]+@[^\s@]+$/, 'must be an e-mail address')
    .optional(),
});

export const citizens: Resource = {
  only: 'development',
  calls: ({ citizens }) =>
    citizens
      ? [
          defineCall('GET', '/citizens', {
            summary: 'Lists the citizens that testers added to the realms NHS-Login-mock-*',
            answers: { 200: 'The citizens' },
            response: z.strictObject({ citizens: z.array(citizen) }),
            handle: async () => json(200, { citizens: await citizens.list() }),
          }),
          defineCall('POST', '/citizens', {
            summary: 'Adds a citizen, or replaces the one with the same NHS number',
            body: citizen,
            answers: { 201: 'The citizen', 400: 'Invalid member: "field" and "problem"' },
            response: citizen,
            async handle({ body }) {
              await citizens.put(body);
              return json(201, body);
            },
          }),
          defineCall('DELETE', '/citizens/:nhsNumber', {
            summary: 'Removes an added citizen',
            answers: { 204: 'Removed', 404: 'No citizen with this number was added' },
            async handle({ params }) {
              if (!(await citizens.remove(params.nhsNumber)))
                throw errors.notFound('no such citizen was added');
              return noContent();
            },
          }),
        ]
      : [],
};

const shape = z.strictObject({ jwk: z.looseObject({}, 'must be a JSON Web Key') });

const publicKey = z.looseObject({ kty: z.string(), kid: z.string() }).meta({ id: 'PublicKey' });

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
