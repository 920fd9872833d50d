import { json, noContent } from '@alongside/kernel/answer';
import { type JsonWebKey, publicKeyOf } from '@alongside/kernel/jws';
import { z } from 'zod';
import type { Application, Cis2Registration, PlatformRegistration } from '../../../oauth/applications.ts';
import { publishedAddress } from '../../../oauth/key-source.ts';
import { errors } from '../../model/errors.ts';
import { ApplicationEditor } from '../../model/registration/editor.ts';
import { keyWarning, keyWarnings } from '../../model/registration/key-sets.ts';
import { type HalfName, halfNames, publicKey } from '../../model/registration/shape.ts';
import { newSecret, warnings } from '../../model/registration/stored.ts';
import { invalidMember } from '../../model/request.ts';
import { defineCall, type Resource } from '../api/call.ts';

type StoredHalf = PlatformRegistration | Cis2Registration;

const halfName = z
  .enum(halfNames, 'must be "platform" or "cis2"')
  .describe('Where the application is registered');
const time = z.iso.datetime({ offset: true, message: 'must be an ISO time' });

const newKeyShape = z.strictObject({
  half: halfName,
  jwk: publicKey,
  expiresAt: time.optional().describe('When the key expires'),
});
const newSecretShape = z.strictObject({
  half: halfName,
  expiresAt: time.optional().describe('When the new secret expires'),
  othersExpireAt: time.optional().describe('When the existing secrets expire; a past time ends them at once'),
});

const applicationKey = z
  .strictObject({
    half: halfName,
    kid: z.string().nullable(),
    kty: z.string(),
    alg: z.string().nullable(),
    bits: z.number().nullable(),
    expiresAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'ApplicationKey' });

const keyList = z.strictObject({
  keys: z.array(applicationKey),
  addresses: z.array(z.strictObject({ half: halfName, address: z.string() })),
});

const newCredentials = z.strictObject({
  clientId: z.string(),
  clientSecret: z.string(),
  expiresAt: z.iso.datetime().nullable(),
});

const keyView = (half: HalfName, jwk: JsonWebKey) => ({
  half,
  kid: jwk.kid ?? null,
  kty: jwk.kty,
  alg: jwk.alg ?? null,
  bits: publicKeyOf(jwk)?.asymmetricKeyDetails?.modulusLength ?? null,
  expiresAt: typeof jwk.exp === 'number' ? new Date(jwk.exp * 1_000).toISOString() : null,
});

function halfOf(application: Application, name: HalfName): StoredHalf {
  const half = application[name];
  if (!half) throw invalidMember('half', `this application has no half "${name}"`);
  return half;
}

/** Returns the address from which the keys of a half are fetched, if they are not registered. */
const keyAddressOf = (half: StoredHalf): string | undefined =>
  half.jwks ? undefined : (half.jwksUrl ?? publishedAddress(half));

const withHalf = (application: Application, name: HalfName, members: Partial<StoredHalf>): Application => ({
  ...application,
  [name]: { ...halfOf(application, name), ...members },
});

/** Returns the key as it is stored. Throws if the half cannot have it. */
function checkedKey(half: StoredHalf, { jwk, expiresAt }: z.output<typeof newKeyShape>): JsonWebKey {
  if (keyAddressOf(half)) throw invalidMember('half', 'has a key set address: add the key there');
  if (typeof jwk.kid !== 'string' || jwk.kid === '')
    throw invalidMember('jwk.kid', 'is required, because assertions name it');
  if (half.jwks?.keys.some(({ kid }) => kid === jwk.kid))
    throw errors.taken(`a key ${jwk.kid.slice(0, 60)}`, {
      field: 'jwk.kid',
      problem: 'is taken: another key of this registration has it',
    });
  const expiry = expiresAt === undefined ? {} : { exp: Math.floor(Date.parse(expiresAt) / 1_000) };
  return { ...jwk, ...expiry } as JsonWebKey;
}

/** `/applications/{id}/keys` and `/applications/{id}/secrets`. */
export const applicationCredentials: Resource = {
  calls(console) {
    const { applications } = console;
    const editor = new ApplicationEditor(console);
    return [
      defineCall('GET', '/applications/:id/keys', {
        summary: 'Lists the registered public keys of an application',
        answers: { 200: 'The keys, and the addresses of those that are fetched', 404: 'Unknown application' },
        roles: [],
        response: keyList,
        async handle({ params }) {
          const application = await editor.find(params.id);
          const keys = halfNames.flatMap((name) =>
            (application[name]?.jwks?.keys ?? []).map((jwk) => keyView(name, jwk)),
          );
          const addresses = halfNames.flatMap((name) => {
            const half = application[name];
            const address = half && keyAddressOf(half);
            return address ? [{ half: name, address }] : [];
          });
          return json(200, { keys, addresses });
        },
      }),
      defineCall('POST', '/applications/:id/keys', {
        summary: 'Registers an additional public key',
        body: newKeyShape,
        answers: {
          201: 'The key; "warnings" about what will fail at use',
          400: 'Invalid member: "field" and "problem"',
          404: 'Unknown application',
          409: 'Another key of this half has the kid',
          412: 'If-Match has another revision',
        },
        roles: [],
        response: applicationKey.extend({ warnings }),
        async handle({ request, params, body }) {
          const changed = await editor.change('application.key.added', request, params.id, (before) => {
            const half = halfOf(before, body.half);
            const key = checkedKey(half, body);
            return withHalf(before, body.half, { jwks: { keys: [...(half.jwks?.keys ?? []), key] } });
          });
          const half = halfOf(changed, body.half);
          const added = half.jwks?.keys.at(-1);
          const warnings = added ? keyWarnings([added], `${body.half}.jwks`, body.half, half.profile) : [];
          return json(201, {
            ...(added && keyView(body.half, added)),
            ...(warnings.length > 0 ? { warnings: warnings.map(keyWarning) } : {}),
          });
        },
      }),
      defineCall('DELETE', '/applications/:id/keys/:half/:kid', {
        summary: 'Removes a public key; assertions that it signed are refused',
        answers: { 204: 'Removed', 404: 'Unknown key', 412: 'If-Match has another revision' },
        roles: [],
        async handle({ request, params: { id, half, kid } }) {
          const name = halfNames.find((known) => known === half);
          if (!name) throw errors.notFound(`no half ${half.slice(0, 20)}`);
          await editor.change('application.key.removed', request, id, (before) => {
            const keys = before[name]?.jwks?.keys ?? [];
            const left = keys.filter((key) => key.kid !== kid);
            if (left.length === keys.length) throw errors.notFound('no key of this kid');
            return withHalf(before, name, { jwks: { keys: left } });
          });
          return noContent();
        },
      }),
      defineCall('POST', '/applications/:id/secrets', {
        summary: 'Generates an additional secret, shown only once; the others stay valid until they expire',
        body: newSecretShape,
        answers: {
          201: 'Client id and secret',
          400: 'Invalid member: "field" and "problem"',
          404: 'Unknown application',
          412: 'If-Match has another revision',
        },
        roles: [],
        response: newCredentials,
        async handle({ request, params, body: { half: name, expiresAt, othersExpireAt } }) {
          const expiry = expiresAt === undefined ? null : Date.parse(expiresAt);
          const { secret, record } = newSecret(applications.now, expiry);
          const changed = await editor.change('application.secret.added', request, params.id, (before) => {
            // Never later than before: a secret that was ended, perhaps after a leak, stays ended.
            const latest = othersExpireAt === undefined ? Infinity : Date.parse(othersExpireAt);
            const others = halfOf(before, name).secrets.map((other) =>
              (other.expiresAt ?? Infinity) > latest ? { ...other, expiresAt: latest } : other,
            );
            return withHalf(before, name, { secrets: [...others, record].slice(-10) });
          });
          return json(201, {
            clientId: halfOf(changed, name).clientId,
            clientSecret: secret,
            expiresAt: expiry === null ? null : new Date(expiry).toISOString(),
          });
        },
      }),
    ];
  },
};
