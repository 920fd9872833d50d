import { json } from '@alongside/kernel/answer';
import { uuid } from '@alongside/kernel/ids';
import { steps } from '@alongside/kernel/steps';
import { applicationAttributes } from '../../attributes.ts';
import { accessLifetime, Issuer } from '../../issue.ts';
import { applicationMarker, scopesAt } from '../../levels.ts';
import { lifetimesOf } from '../../lifetimes.ts';
import { scopesGranted } from '../callback.ts';
import { errors } from '../errors.ts';
import { readScope } from '../incoming.ts';
import { type FromClient, grant } from './grant.ts';

async function refusePublic({ client }: FromClient): Promise<void> {
  if (client.half.tokenEndpointAuthMethod === 'none')
    throw errors.clientPublic(`${client.application.name} is a public client`);
}

async function keepScopes({ parameters, products }: FromClient): Promise<{ scope: string[] }> {
  const text = parameters.get('scope');
  const asked = text === undefined ? null : readScope(text);
  if (asked === undefined) throw errors.tokenScope('the scope is malformed');
  const scope = scopesGranted(asked, scopesAt(products, applicationMarker));
  if (scope.length === 0)
    throw errors.noScope(
      `${text ?? 'everything'} was asked for, no scope of the products is for applications`,
    );
  return { scope };
}

/** RFC 6749 section 4.4: an application for itself. */
export const clientCredentials = grant('client_credentials', {
  validate: () => steps<FromClient>().step(refusePublic).step(keepScopes),
  issue(base, { tokens, clock, database, recorder }) {
    const issuer = new Issuer(base, tokens, clock);
    return async function issue({ parameters, client, scope }: FromClient & { scope: string[] }) {
      const family = uuid();
      const { access: lifetime } = lifetimesOf(base, parameters, { access: accessLifetime, refresh: 0 });
      const granted = {
        applicationId: client.application.id,
        clientId: client.half.clientId,
        family,
        uid: null,
        sid: null,
        scope,
        attributes: applicationAttributes,
      };
      const access = issuer.access(granted, lifetime);
      await database.run(access.write);
      const detail = { client: client.application.name, scope: scope.join(' ') };
      const name = 'authorisation.client-credentials';
      recorder.record({ keys: [family], from: 'application', to: 'authorisation', name, detail });
      return json(200, {
        access_token: access.token,
        token_type: 'Bearer',
        expires_in: issuer.secondsLeft(access.expiresAt),
        scope: scope.join(' '),
      });
    };
  },
});
