import type { Answer } from '@alongside/kernel/answer';
import { formTarget } from '@alongside/kernel/form-targets';
import { html } from '@alongside/kernel/html';
import { framedPage } from '@alongside/kernel/layout';
import { withQuery } from '../../oauth/parameters.ts';
import type { People } from '../people/people.ts';
import type { AuthorizationRequest } from './request.ts';

/** The authorization request travels in the address of the form: nothing is kept until somebody has signed in. */
const carried = [
  'response_type',
  'response_mode',
  'client_id',
  'redirect_uri',
  'scope',
  'state',
  'nonce',
  'code_challenge',
  'code_challenge_method',
] as const;

/**
 * The sign-in page. Programs read it: the first form, its id, its absolute address, and for each input a name and a value
 * are what published test code looks for (pytest-nhsd-apim, auth_journey.py).
 */
export function signInForm(
  { realm, client, redirectUri, parameters }: AuthorizationRequest,
  people: People,
  unknown?: string,
): Answer {
  const action = withQuery(
    realm.endpoints.auth,
    Object.fromEntries(carried.map((name) => [name, parameters.get(name)])),
  );
  const main = html`<p class="lead">${client.name} asks who you are. Type a user id; no password is needed.</p>
${unknown === undefined ? undefined : html`<p class="error" role="alert" id="input-error">Nobody can sign in here as “${unknown}”.</p>`}
<form id="kc-form-login" method="post" action="${action}">
<div class="field"><label for="username">User id</label><p class="hint" id="username-hint">${people.hint}</p>
<input type="text" id="username" name="username" value="${unknown ?? ''}" autocomplete="off" autocapitalize="none" spellcheck="false" aria-describedby="username-hint" autofocus></div>
<div class="actions"><input class="button" type="submit" id="kc-login" name="login" value="Sign In"></div>
</form>`;
  return framedPage(
    unknown === undefined ? 200 : 400,
    { title: 'Sign in', service: people.service, development: true, main },
    // The browser also holds the redirects behind the form against it (CSP Level 3 section 6.4.1), and where applications lead on to
    // is not known here.
    { formAction: [formTarget(redirectUri), 'http:', 'https:'] },
  );
}
