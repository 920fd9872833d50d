import type { Clock } from '@alongside/kernel/clock';
import { withQuery } from '../../oauth/parameters.ts';
import type { Cis2Settings } from '../dependencies.ts';
import { listsS256 } from './calls.ts';
import type { Upstream } from './upstream.ts';

const levels = ['1', '2', '3'];
/** Milliseconds. */
const metadataFor = 3_600_000;

/** What is configured; else whether the provider's metadata lists S256, which is read again after an hour. */
function askedOrFound({ issuer, sendNonceAndPkce }: Cis2Settings, clock: Clock): () => Promise<boolean> {
  if (sendNonceAndPkce !== undefined) return async () => sendNonceAndPkce;
  let known = false;
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;
  const read = async () => {
    const lists = await listsS256(issuer);
    // What cannot be read changes nothing and is asked for again: no proof key is left out for an hour by chance.
    if (lists === undefined) return;
    known = lists;
    readAt = clock.now();
  };
  return async () => {
    if (Math.abs(clock.now() - readAt) < metadataFor) return known;
    // Whoever comes meanwhile waits for the same answer.
    reading ??= read().finally(() => {
      reading = undefined;
    });
    await reading;
    return known;
  };
}

/** CIS2 as the platform's provider (identity-service-api, AssignMessage.SetAuthorizationRedirectCis2). */
export const cis2Upstream = (settings: Cis2Settings, clock: Clock): Upstream => ({
  ...settings,
  id: 'nhs-cis2',
  sendsNonceAndPkce: askedOrFound(settings, clock),
  refreshLifetime: 43_200_000,
  signInUrl: ({ redirectUri, state, acrValues, maxAge, prompt, nonce, challenge }) =>
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
    }),
  clientAuthentication: async () => ({ client_secret: settings.clientSecret, client_id: settings.clientId }),
  // Some providers write the level as a number.
  levelOf({ authentication_assurance_level: claim }) {
    const level = levels.find((known) => claim === known || claim === Number(known));
    return level === undefined ? undefined : { marker: `:aal${level}:`, name: `aal${level}` };
  },
  personOf: ({ sub }) => String(sub),
});
