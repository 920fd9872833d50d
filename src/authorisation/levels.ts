import { type Product, scopesOf } from '../oauth/products.ts';

/** Marks application-restricted scopes (identity-service-api, verify-app-restricted-scopes). */
export const applicationMarker = 'urn:nhsd:apim:app:level3:';

/** Returns the products' scopes of exactly this level, not of lower ones (identity-service-api, filter-user-restricted-scopes). */
export const scopesAt = (products: readonly Product[], marker: string): string[] =>
  scopesOf(products).filter((scope) => scope.includes(marker));
