import { type Answer, json } from '@alongside/kernel/answer';
import { check, type Passed, steps } from '@alongside/kernel/steps';
import { applicationMarker, scopesAt, type WithProducts } from '../../application/client.ts';
import { errors } from '../../errors.ts';
import { accessLifetime, applicationGrant, lifetimesOf } from '../../issue.ts';
import { authenticateByAssertion, type CheckedAssertion } from '../application-checks.ts';
import type { NhsCall } from '../server.ts';
import { applicationAnswer, grant, grantTypes, idTokenType } from './grant.ts';

export function keepApplicationScopes({ products }: WithProducts): { scope: readonly string[] } {
  const scope = scopesAt(products, applicationMarker);
  if (scope.length === 0)
    throw errors.noScope(
      `no scope of ${products.map(({ name }) => name).join(', ') || 'no product'} is for applications`,
    );
  return { scope };
}

const validate = steps<NhsCall>('oauth2.token.client_credentials')
  .use(authenticateByAssertion(grantTypes.clientCredentials))
  .step(check('level', keepApplicationScopes));

type CheckedCall = NhsCall & WithProducts & { scope: readonly string[] } & CheckedAssertion & Passed<'level'>;

async function issue({ server, batch, request, form, client, scope }: CheckedCall): Promise<Answer> {
  const {
    base,
    issuer,
    parts: { clock, recorder },
  } = server;
  const { access: lifetime } = lifetimesOf(base, form, { access: accessLifetime, refresh: 0 });
  const granted = applicationGrant(client, scope);
  const access = issuer.access(granted, lifetime);
  await batch.commit(issuer.writeStatements(request, granted, access));
  recorder.record(
    {
      journey: granted.family,
      from: 'application',
      to: 'authorisation',
      name: 'authorisation.client-credentials',
      detail: { client: client.application.name, scope: scope.join(' ') },
    },
    request.activity,
  );
  return json(200, applicationAnswer(issuer, access, clock));
}

/** Issues an application-restricted token for a signed JWT. */
export const clientCredentials = grant(
  'authorisation.client-credentials',
  ({ form }) =>
    form.get('grant_type') === grantTypes.clientCredentials && form.get('subject_token_type') !== idTokenType,
  validate,
  issue,
);
