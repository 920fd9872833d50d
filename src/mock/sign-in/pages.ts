import { type Answer, answerTargets, formTarget, page } from '@alongside/kernel/answer';
import { html, trusted } from '@alongside/kernel/html';
import { framedPage } from '@alongside/kernel/layout';
import { sha256 } from '@alongside/kernel/secrets';
import { type Parameters, withQuery } from '../../oauth/parameters.ts';
import type { MockClient } from '../clients.ts';
import type { People } from '../people/people.ts';
import type { Realm } from '../realms.ts';

interface FormContext {
  realm: Realm;
  client: MockClient;
  redirectUri: string;
  parameters: Parameters;
  journeyKey?: string | undefined;
}

/** Parameters that the address of the form carries, so that nothing is stored before the sign-in. */
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
 * Returns the sign-in page. Published test code parses it: the first form, its id, its absolute address, and a name and a value
 * for each input (pytest-nhsd-apim, auth_journey.py).
 * @param unknown the typed user id that does not exist
 */
export function signInForm(
  { realm, client, redirectUri, parameters, journeyKey }: FormContext,
  people: People,
  unknown?: string,
): Answer {
  const action = withQuery(realm.endpoints.auth, {
    ...Object.fromEntries(carried.map((name) => [name, parameters.get(name)])),
    journey: journeyKey,
  });
  const main = html`<p class="lead">${client.name} asks who you are. Type a user id; no password is needed.</p>
${unknown === undefined ? undefined : html`<p class="error" role="alert" id="input-error">There is no user “${unknown}” here.</p>`}
<form id="kc-form-login" method="post" action="${action}">
<div class="field"><label for="username">User id</label><p class="hint" id="username-hint">${people.hint}</p>
<input type="text" id="username" name="username" value="${unknown ?? ''}" autocomplete="off" autocapitalize="none" spellcheck="false" aria-describedby="username-hint" autofocus></div>
<div class="actions"><input class="button" type="submit" id="kc-login" name="login" value="Sign In"></div>
</form>`;
  return framedPage(
    unknown === undefined ? 200 : 400,
    { title: 'Sign in', service: people.service, development: true, main },
    // The browser applies the policy also to the redirects after the form (CSP Level 3 section 6.4.1). Where applications redirect
    // to is unknown here.
    { formAction: [formTarget(redirectUri), 'http:', 'https:'] },
  );
}

const script = 'document.forms[0].submit()';
const scriptHash = `'sha256-${Buffer.from(sha256(script), 'base64url').toString('base64')}'`;

/** Returns the page of the OAuth 2.0 Form Post Response Mode. It works without script too. */
export function formPost(to: string, members: Readonly<Record<string, string>>): Answer {
  const fields = Object.entries(members).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  );
  const document = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>You are being redirected</title></head>
<body><form method="post" action="${to}">${fields}<p><button>Continue</button></p></form><script>${trusted(script)}</script></body></html>`;
  return page(200, document, { formAction: answerTargets(to), script: [scriptHash] });
}
