import type { Product } from '../oauth/products.ts';

const userScope = (family: string, level: string, api: string): string =>
  `urn:nhsd:apim:${family}:${level}:${api}`;
const applicationScope = (api: string): string => `urn:nhsd:apim:app:level3:${api}`;

/** Scopes of users who signed in through CIS2 (NHSDigital/personal-demographics-service-api, manifest_template.yml). */
const careWorkerScopes = (api: string): string[] => [
  userScope('user-nhs-id', 'aal3', api),
  userScope('user-nhs-cis2', 'aal3', api),
  userScope('user-nhs-cis2', 'aal2', api),
];

/** Returns a product with its API and the authorisation service at each of its base paths. */
const product = (name: string, api: string, scopes: string[]): Product => ({
  name,
  apis: [api, 'oauth2', 'oauth2-mock', 'oauth2.1'],
  scopes,
  limits: {},
});

/** The seeded products, with the published limits. */
export const seededProducts: readonly Product[] = [
  product(
    'personal-demographics-service',
    'personal-demographics',
    careWorkerScopes('personal-demographics-service'),
  ),
  product('personal-demographics-service-application-restricted', 'personal-demographics', [
    applicationScope('personal-demographics-service'),
  ]),
  product('hello-world', 'hello-world', [
    applicationScope('hello-world'),
    ...careWorkerScopes('hello-world'),
  ]),
  product('canary-api', 'canary-api', [applicationScope('canary-api'), ...careWorkerScopes('canary-api')]),
];
