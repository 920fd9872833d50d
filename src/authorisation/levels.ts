import { type Product, scopesOf } from '../oauth/products.ts';

/** What an application gets for itself (identity-service-api, verify-app-restricted-scopes). */
export const applicationMarker = 'urn:nhsd:apim:app:level3:';

/** The products' scopes at exactly this level: a higher one does not include a lower one (identity-service-api, filter-user-restricted-scopes). */
export const scopesAt = (products: readonly Product[], marker: string): string[] =>
  scopesOf(products).filter((scope) => scope.includes(marker));
