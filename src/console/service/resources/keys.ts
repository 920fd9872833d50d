import { json } from '@alongside/kernel/answer';
import { seconds } from '@alongside/kernel/clock';
import type { SigningKeys } from '@alongside/kernel/keys';
import { z } from 'zod';
import { authoritiesAnswer } from '../../../cis/protocol/answers.ts';
import { paths } from '../../../cis/protocol.ts';
import { type KeyService, keyServices } from '../../model/dependencies.ts';
import { errors } from '../../model/errors.ts';
import { defineCall, type Resource } from '../api/call.ts';

/** The `typ` of `/keys/proofs`, which no token has. */
const keyProofType = 'alongside-key-proof+jwt';

type StoredKey = Awaited<ReturnType<SigningKeys['describe']>>[number];
/** A signing key as the API shows it. */
export type DescribedKey = z.output<typeof signingKey>;

/** A key is announced in the key set before it signs, and stays there for verification afterwards. */
function stateOf({ signsFrom, signsUntil, removedAt }: StoredKey, now: number): DescribedKey['state'] {
  if (removedAt !== null && removedAt <= now) return 'retired';
  if (signsUntil !== null && signsUntil <= now) return 'verifying';
  return signsFrom > now ? 'announced' : 'signing';
}

const time = (milliseconds: number | null): string | null =>
  milliseconds === null ? null : new Date(milliseconds).toISOString();

const rotation = z.strictObject({
  now: z
    .boolean('must be true or false')
    .default(false)
    .describe('Switches at once, without announcing the new keys first'),
});

const instant = z.iso.datetime().nullable();

const signingKey = z
  .strictObject({
    service: z.enum(keyServices),
    kid: z.string(),
    algorithm: z.string(),
    state: z.enum(['announced', 'signing', 'verifying', 'retired']),
    announcedAt: z.iso.datetime(),
    signsFrom: z.iso.datetime(),
    signsUntil: instant,
    removedAt: instant,
  })
  .meta({ id: 'SigningKey' });

const keyList = z.strictObject({ keys: z.array(signingKey) });

const serviceOf = (name: string): KeyService => {
  const service = keyServices.find((known) => known === name);
  if (!service) throw errors.notFound(`no service ${name.slice(0, 40)} has keys`);
  return service;
};

type AllKeys = Readonly<Record<KeyService, SigningKeys>>;

async function ofEach<T>(
  keys: AllKeys,
  services: readonly KeyService[],
  read: (keys: SigningKeys, service: KeyService) => Promise<T[]>,
): Promise<T[]> {
  return (await Promise.all(services.map((service) => read(keys[service], service)))).flat();
}

/** Returns the keys of these services with their states. */
export const describeKeys = (
  keys: AllKeys,
  services: readonly KeyService[],
  now: number,
): Promise<DescribedKey[]> =>
  ofEach(keys, services, async (own, service) =>
    (await own.describe()).map((key) => ({
      service,
      kid: key.kid,
      algorithm: key.algorithm,
      state: stateOf(key, now),
      announcedAt: new Date(key.announcedAt).toISOString(),
      signsFrom: new Date(key.signsFrom).toISOString(),
      signsUntil: time(key.signsUntil),
      removedAt: time(key.removedAt),
    })),
  );

/** `/keys`: the signing keys of the services. */
export const keys: Resource = {
  calls({ clock, keys, audit, cis }) {
    const described = async (services: readonly KeyService[]) =>
      json(200, { keys: await describeKeys(keys, services, clock.now()) });

    return [
      defineCall('GET', '/keys', {
        summary: 'Lists signing keys and their states',
        roles: ['read'],
        answers: { 200: 'The keys of cis2, authorisation and cis, without their private parts' },
        response: keyList,
        handle: () => described(keyServices),
      }),
      defineCall('GET', '/keys/proofs', {
        summary: 'Signs once with each signing key, to verify the published key sets',
        answers: { 200: 'JSON Web Signatures by service, which no service accepts as a token' },
        roles: [],
        response: z.strictObject({
          proofs: z.array(z.strictObject({ service: z.enum(keyServices), jws: z.string() })),
        }),
        async handle() {
          const claims = { purpose: 'alongside doctor', iat: seconds(clock) };
          const proofs = await ofEach(keys, keyServices, async (own, service) =>
            (await own.signEach(claims, keyProofType)).map((jws) => ({ service, jws })),
          );
          return json(200, { proofs });
        },
      }),
      defineCall('GET', '/certificates', {
        summary: 'Lists the certificates of the issuing authority of cards, with its revocation list',
        answers: { 200: 'Names, validity and fingerprints; listeners and other authorities are in /health' },
        roles: ['read', 'registration-authority'],
        response: authoritiesAnswer,
        handle: () => cis.relay({ path: paths.authorities }),
      }),
      defineCall('POST', '/keys/:service/rotate', {
        summary: 'Creates successors of the keys, announced first or used at once',
        body: rotation,
        answers: { 200: 'The keys of the service', 404: 'Unknown service' },
        roles: [],
        response: keyList,
        recentPasskey: true,
        async handle({ params, body: { now } }) {
          const service = serviceOf(params.service);
          // A service creates its first key when it needs it; a rotated service has one.
          if ((await keys[service].describe()).length === 0)
            await keys[service].ensure(service === 'authorisation' ? 'RS256' : 'ES256');
          // Each algorithm is a separate write.
          await audit.recordThen(
            { actor: 'developer', action: 'keys.rotated', target: service, detail: { now } },
            () => keys[service].rotate(now ? 'now' : 'scheduled'),
          );
          return described([service]);
        },
      }),
    ];
  },
};
