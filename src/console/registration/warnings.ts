import type { Application, Cis2Registration, PlatformRegistration } from '../../oauth/applications.ts';
import type { StoredProduct } from '../../oauth/products.ts';

/** What will fail at use, though the registration is valid. Codes are stable. */
export interface RegistrationWarning {
  code: string;
  message: string;
}

type Rule = RegistrationWarning & { applies: boolean };

const authorisationApi = (profile: string): string => (profile === 'nhs' ? 'oauth2' : 'oauth2.1');

const isWebOrigin = (address: string): boolean => /^https?:\/\//.test(address);
const isInsecure = (address: string): boolean =>
  /^http:\/\//.test(address) && !/^http:\/\/(localhost|127\.\d+\.\d+\.\d+|\[::1\])(?=[:/?]|$)/.test(address);

/** Many libraries send the secret with HTTP Basic unless told otherwise (RFC 6749 section 2.3.1, RFC 7591 section 2). */
const basicDefault = (
  half: 'platform' | 'cis2',
  { profile, tokenEndpointAuthMethod: method }: Half,
): Rule => ({
  code: 'basic_default',
  message: `${half}: the secret counts in the form alone (client_secret_post). Many OAuth libraries send it with HTTP Basic unless told otherwise: set client_secret_post in yours, or register client_secret_basic.`,
  applies: profile === 'standard' && method === 'client_secret_post',
});

type Half = PlatformRegistration | Cis2Registration;

/** A public client in a browser calls with fetch, which CORS lets through from the origins of its callbacks alone. */
const browserCallbacks = (
  half: 'platform' | 'cis2',
  { tokenEndpointAuthMethod: method, applicationType }: Half,
  callbacks: readonly string[],
): Rule => ({
  code: 'callback_without_origin',
  message: `${half}: no callback is an http or https address, so CORS refuses every page of this browser application. Register the address of its page.`,
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
      message: `platform.products: none of ${names.join(', ')} holds the API ${api}, so /${api} refuses the application. Add a product that holds it.`,
      applies:
        names.length > 0 && !products.some(({ name, apis }) => names.includes(name) && apis.includes(api)),
    },
    {
      code: 'no_callback',
      message:
        'platform.callbackUrls: a public client signs users in, and no callback is registered. Add one.',
      applies: method === 'none' && callbackUrls.length === 0,
    },
    {
      code: 'callback_insecure',
      message: `platform.callbackUrls: ${insecure} is plain HTTP beyond this machine: codes can be read on the way. Use https.`,
      applies: insecure !== undefined,
    },
    browserCallbacks('platform', platform, callbackUrls),
    basicDefault('platform', platform),
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
      message: `cis2.redirectUris: ${insecure} is plain HTTP beyond this machine: codes can be read on the way. Use https.`,
      applies: insecure !== undefined,
    },
    browserCallbacks('cis2', cis2, cis2.redirectUris),
    basicDefault('cis2', cis2),
  ];
}

/** Returns what will fail at use, by what is registered alone. */
export function registrationWarnings(
  { platform, cis2 }: Pick<Application, 'platform' | 'cis2'>,
  products: readonly StoredProduct[],
): RegistrationWarning[] {
  const rules = [...(platform ? platformRules(platform, products) : []), ...(cis2 ? cis2Rules(cis2) : [])];
  return rules.filter(({ applies }) => applies).map(({ code, message }) => ({ code, message }));
}
