import { json } from '@alongside/kernel/answer';
import { type Clock, seconds } from '@alongside/kernel/clock';
import type { SigningKeys } from '@alongside/kernel/keys';
import { z } from 'zod';
import type { AuditLog } from '../../storage/audit.ts';
import { type ApiCall, defineCall } from '../api/call.ts';
import { type KeyService, keyServices } from '../dependencies.ts';
import { errors } from '../errors.ts';

interface Parts {
  clock: Clock;
  keys: Record<KeyService, SigningKeys>;
  audit: AuditLog;
}

/** Type of the signatures of `/keys/proofs`: that of no token. */
const keyProofType = 'alongside-key-proof+jwt';

type Described = Awaited<ReturnType<SigningKeys['describe']>>[number];

/** `announced`: in the key set, not yet signing; `signing`; `verifying`: no longer signing, still in the key set; `retired`. */
function stateOf({ signsFrom, signsUntil, removedAt }: Described, now: number): string {
  if (removedAt !== null && removedAt <= now) return 'retired';
  if (signsUntil !== null && signsUntil <= now) return 'verifying';
  return signsFrom > now ? 'announced' : 'signing';
}

const time = (milliseconds: number | null): string | null =>
  milliseconds === null ? null : new Date(milliseconds).toISOString();

const shape = z.strictObject({
  now: z
    .boolean('must be true or false')
    .default(false)
    .describe('Switches at once instead of announcing first'),
});

/** `/keys`: the signing keys of the services. */
export function keyCalls({ clock, keys, audit }: Parts): ApiCall[] {
  async function describe(services: readonly KeyService[]) {
    const now = clock.now();
    const lists = await Promise.all(
      services.map(async (service) =>
        (await keys[service].describe()).map((key) => ({
          service,
          kid: key.kid,
          algorithm: key.algorithm,
          state: stateOf(key, now),
          announcedAt: time(key.announcedAt),
          signsFrom: time(key.signsFrom),
          signsUntil: time(key.signsUntil),
          removedAt: time(key.removedAt),
        })),
      ),
    );
    return json(200, { keys: lists.flat() });
  }

  const serviceOf = (name: string): KeyService => {
    const service = keyServices.find((known) => known === name);
    if (!service) throw errors.notFound(`no service ${name.slice(0, 40)} has keys`);
    return service;
  };

  return [
    defineCall({
      method: 'GET',
      path: '/keys',
      summary: 'Signing keys and their states',
      answers: { 200: 'The keys of cis2, authorisation and cis, without their private parts' },
      handle: () => describe(keyServices),
    }),
    defineCall({
      method: 'GET',
      path: '/keys/proofs',
      summary: 'One signature by each key that signs now, to verify with the published key sets',
      answers: { 200: 'JSON Web Signatures by service; no part of the product accepts them as tokens' },
      async handle() {
        const claims = { purpose: 'alongside doctor', iat: seconds(clock) };
        const lists = await Promise.all(
          keyServices.map(async (service) =>
            (await keys[service].signEach(claims, keyProofType)).map((jws) => ({ service, jws })),
          ),
        );
        return json(200, { proofs: lists.flat() });
      },
    }),
    defineCall({
      method: 'POST',
      path: '/keys/{service}/rotate',
      summary: 'Brings in successors: announced and scheduled, or at once',
      body: shape,
      answers: { 200: 'The keys of the service', 404: 'No such service has keys' },
      async handle({ part, body }) {
        const service = serviceOf(part('service'));
        // Each algorithm is a separate write.
        await audit.recordThen(
          { actor: 'developer', action: 'keys.rotated', target: service, detail: { now: body.now } },
          () => keys[service].rotate(body.now ? 'now' : 'scheduled'),
        );
        return describe([service]);
      },
    }),
  ];
}
