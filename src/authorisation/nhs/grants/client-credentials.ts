import { json } from '@alongside/kernel/answer';
import { orderedId } from '@alongside/kernel/ids';
import type { WithProducts } from '../../application/client.ts';
import { applicationAttributes } from '../../attributes.ts';
import { errors } from '../../errors.ts';
import type { Incoming } from '../../incoming.ts';
import { accessLifetime, Issuer } from '../../issue.ts';
import { applicationMarker, scopesAt } from '../../levels.ts';
import { lifetimesOf } from '../../lifetimes.ts';
import { authenticated } from './assertion-steps.ts';
import { grant, grantTypes, idTokenType } from './grant.ts';

export async function keepApplicationScopes({ products }: WithProducts): Promise<{ scope: string[] }> {
  const scope = scopesAt(products, applicationMarker);
  if (scope.length === 0)
    throw errors.noScope(
      `no scope of ${products.map(({ name }) => name).join(', ') || 'no product'} is for applications`,
    );
  return { scope };
}

/** Issues an application-restricted token for a signed JWT. */
export const clientCredentials = grant(
  'authorisation.client-credentials',
  ({ form }) =>
    form.get('grant_type') === grantTypes.clientCredentials && form.get('subject_token_type') !== idTokenType,
  {
    validate: (base, parts) =>
      authenticated(base, parts, grantTypes.clientCredentials).step(keepApplicationScopes),
    issue(base, parts) {
      const { clock, database, recorder } = parts;
      const issuer = new Issuer(base, parts);
      return async function issue({ form, client, scope }: Incoming & WithProducts & { scope: string[] }) {
        const family = orderedId();
        const { access: lifetime } = lifetimesOf(base, form, { access: accessLifetime, refresh: 0 });
        const access = issuer.access(
          {
            applicationId: client.application.id,
            clientId: client.registration.clientId,
            family,
            uid: null,
            sid: null,
            scope,
            attributes: applicationAttributes,
          },
          lifetime,
        );
        await database.batch(access.writes);
        const detail = { client: client.application.name, scope: scope.join(' ') };
        const name = 'authorisation.client-credentials';
        recorder.record({ keys: [family], from: 'application', to: 'authorisation', name, detail });
        return json(200, {
          access_token: access.token,
          expires_in: String(issuer.secondsLeft(access.expiresAt)),
          token_type: 'Bearer',
          issued_at: String(clock.now()),
        });
      };
    },
  },
);
