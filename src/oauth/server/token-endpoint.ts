import type { Answer } from '@alongside/kernel/answer';
import { Refusal } from '@alongside/kernel/errors';
import type { ClientCall, WithClient } from './server.ts';

/** One value of `grant_type` and its endpoint, which runs behind client authentication. */
export interface GrantEndpoint<C> {
  readonly type: string;
  run(call: C): Promise<Answer>;
}

/** Runs the grant that the request names (RFC 6749 section 3.2). Throws at start-up when two grants have one type. */
export function runGrant<C extends ClientCall>(grants: readonly GrantEndpoint<C>[]) {
  const byType = new Map(grants.map((grant) => [grant.type, grant]));
  if (byType.size !== grants.length) throw new Error('Two grants have the same type.');
  return async function runGrant(call: C): Promise<Answer> {
    const { errors } = call.server;
    const type = call.parameters.get('grant_type');
    if (type === undefined) throw errors.grantMissing('grant_type is missing');
    const grant = byType.get(type);
    if (!grant) throw errors.grantUnsupported(`${type} is not one of ${[...byType.keys()].join(' ')}`);
    return grant.run(call);
  };
}

/** The same grant with an audit record of each refusal, unless the client is public: then nothing is proved. */
export const auditRefusals = <C extends ClientCall & WithClient>({
  type,
  run,
}: GrantEndpoint<C>): GrantEndpoint<C> => ({
  type,
  async run(call) {
    try {
      return await run(call);
    } catch (thrown) {
      const { server, request, client } = call;
      if (thrown instanceof Refusal && client.registration.tokenEndpointAuthMethod !== 'none')
        await server.auditRefusedTokens(client, request, type, thrown);
      throw thrown;
    }
  },
});
