import type { Application, Cis2Registration, PlatformRegistration } from '../../../oauth/applications.ts';
import type { StoredProduct } from '../../../oauth/products.ts';
import type { HalfName } from './shape.ts';

/** A problem of a valid registration that will fail at use. Codes are stable. */
export interface RegistrationWarning {
  code: string;
  message: string;
}

type Rule = RegistrationWarning & { applies: boolean };

const authorisationApi = (profile: string): string => (profile === 'nhs' ? 'oauth2' : 'oauth2.1');

const isWebOrigin = (address: string): boolean => /^https?:\/\//.test(address);
const isInsecure = (address: string): boolean =>
  /^http:\/\//.test(address) && !/^http:\/\/(localhost|127\.\d+\.\d+\.\d+|\[::1\])(?=[:/?]|$)/.test(address);

/** CORS allows a browser application to call only from the origins of its callbacks. */
const browserCallbacks = (
  half: HalfName,
  { tokenEndpointAuthMethod: method, applicationType }: PlatformRegistration | Cis2Registration,
  callbacks: readonly string[],
): Rule => ({
  code: 'callback_without_origin',
  message: `${half}: no callback is an http or https address, so CORS blocks this browser application. Register the address of its page.`,
  applies:
    method === 'none' && applicationType === 'web' && callbacks.length > 0 && !callbacks.some(isWebOrigin),
});

function platformRules(platform: PlatformRegistration, products: readonly StoredProduct[]): Rule[] {
  const { profile, tokenEndpointAuthMethod: method, callbackUrls } = platform;
  const names = platform.products.filter(({ status }) => status === 'approved').map(({ name }) => name);
  const api = authorisationApi(profile);
  const insecure = callbackUrls.find(isInsecure);
  return [
    {
      code: 'no_product',
      message: 'platform.products: the application has no product, so it gets no tokens. Add one.',
      applies: names.length === 0,
    },
    {
      code: 'no_authorisation_product',
      message: `platform.products: none of ${names.join(', ')} includes the API ${api}, so /${api} refuses the application. Add a product that includes it.`,
      applies:
        names.length > 0 && !products.some(({ name, apis }) => names.includes(name) && apis.includes(api)),
    },
    {
      code: 'no_callback',
      message: 'platform.callbackUrls: a public client needs a callback to sign users in. Add one.',
      applies: method === 'none' && callbackUrls.length === 0,
    },
    {
      code: 'callback_insecure',
      message: `platform.callbackUrls: ${insecure} is plain HTTP to another machine, so codes can be intercepted. Use https.`,
      applies: insecure !== undefined,
    },
    browserCallbacks('platform', platform, callbackUrls),
  ];
}

function cis2Rules(cis2: Cis2Registration): Rule[] {
  const insecure = cis2.redirectUris.find(isInsecure);
  return [
    {
      code: 'no_callback',
      message: 'cis2.redirectUris: no address is registered, so every sign-in is refused. Add one.',
      applies: cis2.redirectUris.length === 0,
    },
    {
      code: 'callback_insecure',
      message: `cis2.redirectUris: ${insecure} is plain HTTP to another machine, so codes can be intercepted. Use https.`,
      applies: insecure !== undefined,
    },
    browserCallbacks('cis2', cis2, cis2.redirectUris),
  ];
}

/** Returns warnings about the registration itself. */
export function registrationWarnings(
  { platform, cis2 }: Pick<Application, 'platform' | 'cis2'>,
  products: readonly StoredProduct[],
): RegistrationWarning[] {
  const rules = [...(platform ? platformRules(platform, products) : []), ...(cis2 ? cis2Rules(cis2) : [])];
  return rules.filter(({ applies }) => applies).map(({ code, message }) => ({ code, message }));
}
