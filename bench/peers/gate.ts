import { call } from './call.ts';
import { assertion, assertionType } from './client-key.ts';
import { codeJourney } from './scenarios.ts';
import type { Client, Target } from './target.ts';

/** Throws unless the server refuses invalid requests, before its speed is measured. */
export async function gate(target: Target): Promise<void> {
  const grant = (client: Client, proof: string) =>
    call(client.tokenEndpoint, {
      form: {
        grant_type: 'client_credentials',
        scope: client.scope,
        client_id: client.clientId,
        ...client.more,
        client_assertion_type: assertionType,
        client_assertion: proof,
      },
    });
  for (const client of [target.opaque, target.jwt]) {
    const good = assertion(client);
    const [, claims] = good.split('.');
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${claims}.`;
    const faults: Record<string, string> = {
      'a replayed assertion': good,
      'another signature': `${assertion(client).slice(0, -8)}AAAAAAAA`,
      'alg none': unsigned,
      'another audience': assertion(client, { claims: { aud: 'https://other.example.test' } }),
      'an expired assertion': assertion(client, { claims: { exp: Math.floor(Date.now() / 1_000) - 60 } }),
    };
    const answer = await grant(client, good);
    if (answer.status !== 200) throw new Error(`${target.name} gives no token: ${answer.body}`);
    for (const [fault, proof] of Object.entries(faults))
      if ((await grant(client, proof)).status < 400) throw new Error(`${target.name} takes ${fault}.`);
  }
  const { id_token: idToken, refresh_token: refresh } = await codeJourney(target.party)();
  if (String(idToken).split('.').length !== 3) throw new Error(`${target.name} gives no ID token.`);
  if (refresh === undefined) throw new Error(`${target.name} gives no refresh token.`);
}
