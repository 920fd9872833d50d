import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { StoredProduct } from '../../../oauth/products.ts';
import { registrationShape, withDefaults } from './shape.ts';
import { storedFrom } from './stored.ts';
import { registrationWarnings } from './warnings.ts';

const product = (name: string, apis: string[]): StoredProduct => ({
  name,
  apis,
  scopes: [],
  limits: null,
  revision: 1,
});
const products = [
  product('whole', ['hello-world', 'oauth2', 'oauth2.1']),
  product('api-alone', ['hello-world']),
];

const codesOf = (draft: object): string[] => {
  const registration = registrationShape.parse(withDefaults({ name: 'x', ...draft }));
  const blank = { id: 'x', status: 'approved', platform: null, cis2: null } as const;
  const { application } = storedFrom(registration, blank, 0);
  return registrationWarnings(application, products).map(({ code }) => code);
};

const page = 'https://app.example.test/callback';
const whole = { products: ['whole'] };
const open = { tokenEndpointAuthMethod: 'none' };

// biome-ignore format: a table, one row a line
const rows: [string, object, string[]][] = [
  ['nothing for a whole nhs registration', { platform: { ...whole, callbackUrls: [page] } }, []],
  ['no_product without a product', { platform: { callbackUrls: [page] } }, ['no_product']],
  ['no_product when every product is withdrawn', { platform: { ...whole, revokedProducts: ['whole'] } }, ['no_product']],
  ['no_authorisation_product when none holds the authorisation API', { platform: { products: ['api-alone'] } }, ['no_authorisation_product']],
  ['no_callback for a public client without one', { profile: 'standard', platform: { ...whole, ...open } }, ['no_callback']],
  ['callback_insecure for plain HTTP beyond this machine', { platform: { ...whole, callbackUrls: ['http://app.example.test/'] } }, ['callback_insecure']],
  ['nothing for plain HTTP on this machine', { platform: { ...whole, callbackUrls: ['http://localhost:8080/callback', 'http://127.0.0.1/x', 'http://[::1]:1/'] } }, []],
  ['nothing for a native public client', { profile: 'standard', platform: { ...whole, ...open, callbackUrls: ['com.example.app:/callback'] } }, []],
  ['nothing for a browser application', { profile: 'standard', platform: { ...whole, ...open, applicationType: 'web', callbackUrls: [page] } }, []],
  ['nothing for the secret in the form, standard profile', { profile: 'standard', platform: { ...whole, callbackUrls: [page] } }, []],
  ['nothing for HTTP Basic', { profile: 'standard', platform: { ...whole, tokenEndpointAuthMethod: 'client_secret_basic', callbackUrls: [page] } }, []],
  ['no_callback at CIS2 without an address', { cis2: {} }, ['no_callback']],
  ['nothing for standard at CIS2', { profile: 'standard', cis2: { redirectUris: [page] } }, []],
  ['nothing for nhs at CIS2', { cis2: { redirectUris: [page] } }, []],
];

describe('registrationWarnings', () => {
  for (const [name, draft, codes] of rows)
    test(`returns ${name}`, () => assert.deepEqual(codesOf(draft), codes));
});
