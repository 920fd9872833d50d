import type { Clock } from '@alongside/kernel/clock';
import { onBehalfOfParameter } from '../../oauth/on-behalf-of.ts';
import { withQuery } from '../../oauth/parameters.ts';
import type { Cis2Settings } from '../dependencies.ts';
import { nonceAndPkce } from './calls.ts';
import type { Upstream } from './upstream.ts';

const levels = ['1', '2', '3'];

/** Creates CIS2 as a provider (identity-service-api, AssignMessage.SetAuthorizationRedirectCis2). */
export const cis2Upstream = (settings: Cis2Settings, clock: Clock, isOwn = false): Upstream => ({
  ...settings,
  isOwn,
  id: 'nhs-cis2',
  sendsNonceAndPkce: nonceAndPkce(settings, clock),
  refreshLifetime: 43_200_000,
  signInUrl: ({ redirectUri, state, acrValues, maxAge, prompt, nonce, challenge, onBehalfOf }) =>
    withQuery(settings.authorizeUrl, {
      response_type: 'code',
      client_id: settings.clientId,
      redirect_uri: redirectUri,
      scope: 'openid nationalrbacaccess',
      state,
      max_age: maxAge,
      acr_values: acrValues,
      prompt,
      nonce,
      code_challenge: challenge,
      code_challenge_method: challenge && 'S256',
      [onBehalfOfParameter]: onBehalfOf,
    }),
  clientAuthentication: async () => ({ client_secret: settings.clientSecret, client_id: settings.clientId }),
  // Some providers send the level as a number.
  levelOf({ authentication_assurance_level: claim }) {
    const level = levels.find((known) => claim === known || claim === Number(known));
    return level === undefined ? undefined : { marker: `:aal${level}:`, name: `aal${level}` };
  },
  personOf: ({ sub }) => String(sub),
});
