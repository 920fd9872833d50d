import { json } from '@alongside/kernel/answer';
import { orderedId } from '@alongside/kernel/ids';
import { steps } from '@alongside/kernel/steps';
import { tokenTypeOf } from '../../../oauth/confirmation.ts';
import { applicationAttributes } from '../../attributes.ts';
import { accessLifetime, Issuer } from '../../issue.ts';
import { applicationMarker, scopesAt } from '../../levels.ts';
import { lifetimesOf } from '../../lifetimes.ts';
import { AccessTokens } from '../access-tokens.ts';
import { scopesGranted } from '../callback.ts';
import { errors } from '../errors.ts';
import { readScope } from '../incoming.ts';
import { readResources } from '../resources.ts';
import { type FromClient, grant } from './grant.ts';

/** What only a client that proves itself may have (RFC 6749 section 4.4). */
export async function refusePublic({ client }: FromClient): Promise<void> {
  if (client.registration.tokenEndpointAuthMethod === 'none')
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

const keepResources = (api: string) =>
  async function keepResources(known: FromClient): Promise<{ resources: string[] }> {
    const resources = readResources(known.parameters, api, known);
    if (!resources) throw errors.tokenTarget(`${known.parameters.all('resource').join(' ')} was asked for`);
    return { resources };
  };

/** RFC 6749 section 4.4: an application for itself. */
export const clientCredentials = grant('client_credentials', {
  validate: (_base, { urls }) =>
    steps<FromClient>().step(refusePublic).step(keepScopes).step(keepResources(urls.api)),
  issue(base, parts) {
    const { database, recorder } = parts;
    const accessTokens = new AccessTokens(base, parts);
    const issuer = new Issuer(base, parts);
    return async function issue({
      parameters,
      client,
      scope,
      resources,
      confirmation,
    }: FromClient & { scope: string[]; resources: string[] }) {
      const family = orderedId();
      const { access: lifetime } = lifetimesOf(base, parameters, { access: accessLifetime, refresh: 0 });
      const granted = {
        applicationId: client.application.id,
        clientId: client.registration.clientId,
        family,
        uid: null,
        sid: null,
        scope,
        attributes: applicationAttributes,
      };
      const access = await accessTokens.issue(client.registration, granted, {
        lifetime,
        resources,
        confirmation,
      });
      await database.batch(access.writes);
      const detail = { client: client.application.name, scope: scope.join(' ') };
      const name = 'authorisation.client-credentials';
      recorder.record({ keys: [family], from: 'application', to: 'authorisation', name, detail });
      return json(200, {
        access_token: access.token,
        token_type: tokenTypeOf(confirmation),
        expires_in: issuer.secondsLeft(access.expiresAt),
        scope: scope.join(' '),
      });
    };
  },
});
