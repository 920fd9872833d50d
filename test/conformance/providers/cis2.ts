import { startInstance } from '../../support/instance.ts';
import { formOf, type Landing } from '../browser.ts';
import type { Provider } from '../provider.ts';

const methods: Readonly<Record<string, string>> = {
  client_secret_basic: 'client_secret_basic',
  client_secret_post: 'client_secret_post',
  private_key_jwt: 'private_key_jwt',
};

/** CIS2 in a whole instance, with a GP signed in at the desk: sign-ins pass through the agent, and nobody is asked unless the request wants it. */
export async function startCis2(): Promise<Provider> {
  const instance = await startInstance();
  await instance.signInAtDesk('gp');
  const issuer = instance.state.urls.cis2Issuer;
  let made = 0;
  return {
    name: 'CIS2',
    issuer: () => issuer,
    acrValues: ['AAL3_ANY', 'AAL2_OR_AAL3_ANY'],
    async register(spec) {
      const half = {
        redirectUris: spec.redirectUris,
        postLogoutRedirectUris: spec.postLogoutRedirectUris,
        tokenEndpointAuthMethod: methods[spec.method] ?? spec.method,
        backchannelLogoutUri: spec.backchannelLogoutUri ?? '',
        refreshTokens: true,
        firstAuthenticator: 'smartcard',
        ...(spec.jwks === undefined ? {} : { jwks: spec.jwks, signingAlg: 'ES256' }),
        ...(spec.profile === 'basic' ? { pkce: 'optional' } : {}),
      };
      const answer = await instance.api<{ cis2: { clientId: string; clientSecret?: string } }>(
        'POST',
        '/applications',
        {
          name: `Conformance ${++made}`,
          profile: spec.profile === 'fapi2' ? 'fapi2' : 'standard',
          cis2: half,
        },
      );
      return answer.cis2;
    },
    async goOn(page, browser): Promise<Landing> {
      const form = formOf(page);
      if (!form) return page;
      const answers: Readonly<Record<string, [string, string]>> = {
        pin: ['pin', '123456'],
        question: ['question', ''],
      };
      const asksForPin = form.fields.some(([name]) => name === 'pin');
      const fields = form.fields.map(([name, value]): [string, string] =>
        name === 'pin' ? (answers.pin ?? [name, value]) : [name, value],
      );
      if (/name="answer" value="yes"/.test(page.body)) fields.push(['answer', 'yes']);
      else if (/name="authenticator" value="smartcard"/.test(page.body))
        return browser.submit(page, { ...form, fields: [['authenticator', 'smartcard']] });
      else if (!asksForPin && !page.body.includes('Do you want to sign out?')) return page;
      return browser.submit(page, { ...form, fields });
    },
    stop: () => instance.stop(),
  };
}
