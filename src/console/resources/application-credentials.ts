import { json, noContent } from '@alongside/kernel/answer';
import type { JsonWebKey } from '@alongside/kernel/jwk';
import { publicKeyOf } from '@alongside/kernel/jws';
import { z } from 'zod';
import type {
  Application,
  Applications,
  Cis2Registration,
  PlatformRegistration,
} from '../../oauth/applications.ts';
import { publishedAddress } from '../../oauth/key-source.ts';
import type { AuditLog } from '../../storage/audit.ts';
import { type ApiCall, defineCall } from '../api/call.ts';
import { errors } from '../errors.ts';
import { newSecret } from '../registration/credentials.ts';
import { applicationEditor } from '../registration/editor.ts';
import { keyWarning, keyWarnings } from '../registration/key-sets.ts';
import { publicKey } from '../registration/shape.ts';

interface Parts {
  applications: Applications;
  audit: AuditLog;
}

type Half = PlatformRegistration | Cis2Registration;
type Place = 'platform' | 'cis2';

const place = z
  .enum(['platform', 'cis2'], 'must be "platform" or "cis2"')
  .describe('Half of the application');
const time = z.iso.datetime({ offset: true, message: 'must be an ISO time' });
const seconds = (iso: string): number => Math.floor(Date.parse(iso) / 1_000);

const keyOrder = z.strictObject({
  half: place,
  jwk: publicKey,
  expiresAt: time.optional().describe('When the key stops to count'),
});
const secretOrder = z.strictObject({
  half: place,
  expiresAt: time.optional().describe('When the new secret stops to count'),
  othersExpireAt: time.optional().describe('When those before it do; at once with a time that is past'),
});

const invalid = (field: string, problem: string) =>
  errors.requestInvalid(`${field} ${problem}`, { field, problem });

const sizeOf = (jwk: JsonWebKey): number | undefined => publicKeyOf(jwk)?.asymmetricKeyDetails?.modulusLength;

const keyView = (half: Place, jwk: JsonWebKey) => ({
  half,
  kid: jwk.kid ?? null,
  kty: jwk.kty,
  alg: jwk.alg ?? null,
  bits: sizeOf(jwk) ?? null,
  expiresAt: typeof jwk.exp === 'number' ? new Date(jwk.exp * 1_000).toISOString() : null,
});

const halves: readonly Place[] = ['platform', 'cis2'];

function halfOf(application: Application, at: Place): Half {
  const registration = application[at];
  if (!registration) throw invalid('half', `this application has no half "${at}"`);
  return registration;
}

const placeOf = (text: string): Place => {
  const at = halves.find((known) => known === text);
  if (!at) throw errors.notFound(`no half ${text.slice(0, 20)}`);
  return at;
};

/** Where the keys of a half stand, if not with the registration. */
const addressOf = (half: Half): string | undefined =>
  half.jwks ? undefined : (half.jwksUrl ?? publishedAddress(half));

const withHalf = (application: Application, at: Place, members: Partial<Half>): Application => ({
  ...application,
  [at]: { ...halfOf(application, at), ...members },
});

/** `/applications/{id}/keys` and `/applications/{id}/secrets`: what an application proves itself with, several at a time. */
export function applicationCredentialCalls({ applications, audit }: Parts): ApiCall[] {
  const { find, change } = applicationEditor({ applications, audit });

  function withKey(application: Application, { half: at, jwk, expiresAt }: z.output<typeof keyOrder>) {
    const half = halfOf(application, at);
    if (addressOf(half)) throw invalid('half', 'reads its keys from an address: add the key there');
    if (typeof jwk.kid !== 'string' || jwk.kid === '')
      throw invalid('jwk.kid', 'must be there: assertions name it');
    const before = half.jwks?.keys ?? [];
    if (before.some(({ kid }) => kid === jwk.kid)) throw errors.taken(`a key ${jwk.kid.slice(0, 60)}`);
    const key = { ...jwk, ...(expiresAt === undefined ? {} : { exp: seconds(expiresAt) }) } as JsonWebKey;
    return { application: withHalf(application, at, { jwks: { keys: [...before, key] } }), key };
  }

  return [
    defineCall({
      method: 'GET',
      path: '/applications/{id}/keys',
      summary: 'The registered public keys of an application',
      answers: {
        200: 'The keys, and the addresses of those that stand elsewhere',
        404: 'No such application',
      },
      async handle({ part }) {
        const application = await find(part('id'));
        const keys = halves.flatMap((at) =>
          (application[at]?.jwks?.keys ?? []).map((jwk) => keyView(at, jwk)),
        );
        const addresses = halves.flatMap((at) => {
          const registration = application[at];
          const address = registration && addressOf(registration);
          return address ? [{ half: at, address }] : [];
        });
        return json(200, { keys, addresses });
      },
    }),
    defineCall({
      method: 'POST',
      path: '/applications/{id}/keys',
      summary: 'Registers one more public key',
      body: keyOrder,
      answers: {
        201: 'The key; "warnings" says what will fail at use',
        400: 'A member does not fit: "field" and "problem"',
        404: 'No such application',
        409: 'A key of this half has the same kid',
        412: 'If-Match names another revision',
      },
      async handle({ request, part, body }) {
        let added: JsonWebKey | undefined;
        const { application: stored } = await change(
          'application.key.added',
          request,
          part('id'),
          ({ revision: _, ...before }) => {
            const { application, key } = withKey(before, body);
            added = key;
            return { application };
          },
        );
        const profile = stored[body.half]?.profile ?? '';
        const warnings = added ? keyWarnings([added], `${body.half}.jwks`, body.half, profile) : [];
        const view = added && keyView(body.half, added);
        return json(201, { ...view, ...(warnings.length > 0 ? { warnings: warnings.map(keyWarning) } : {}) });
      },
    }),
    defineCall({
      method: 'DELETE',
      path: '/applications/{id}/keys/{half}/{kid}',
      summary: 'Removes a public key: assertions that it signed are refused from the next request on',
      answers: { 204: 'It is gone', 404: 'There is no such key', 412: 'If-Match names another revision' },
      async handle({ request, part }) {
        const at = placeOf(part('half'));
        await change('application.key.removed', request, part('id'), ({ revision: _, ...before }) => {
          const keys = before[at]?.jwks?.keys ?? [];
          const left = keys.filter(({ kid }) => kid !== part('kid'));
          if (left.length === keys.length) throw errors.notFound('no key of this kid');
          return { application: withHalf(before, at, { jwks: { keys: left } }) };
        });
        return noContent();
      },
    }),
    defineCall({
      method: 'POST',
      path: '/applications/{id}/secrets',
      summary: 'Makes one more secret, shown this once; those before it go on to count until they expire',
      body: secretOrder,
      answers: {
        201: 'Client id and secret',
        400: 'A member does not fit: "field" and "problem"',
        404: 'No such application',
        412: 'If-Match names another revision',
      },
      async handle({ request, part, body: { half: at, expiresAt, othersExpireAt } }) {
        const ends = expiresAt === undefined ? null : Date.parse(expiresAt);
        const { secret, record: fresh } = newSecret(applications.now, ends);
        const { application } = await change(
          'application.secret.added',
          request,
          part('id'),
          ({ revision: _, ...before }) => {
            const others = halfOf(before, at).secrets.map((one) =>
              othersExpireAt === undefined ? one : { ...one, expiresAt: Date.parse(othersExpireAt) },
            );
            return { application: withHalf(before, at, { secrets: [...others, fresh].slice(-10) }) };
          },
        );
        return json(201, {
          clientId: halfOf(application, at).clientId,
          clientSecret: secret,
          expiresAt: ends === null ? null : new Date(ends).toISOString(),
        });
      },
    }),
  ];
}
