import type { StoredProduct } from '../../../oauth/products.ts';

const prefix = 'urn:nhsd:apim:';

/** Returns a product name for people: `personal-demographics-service` is `Personal Demographics Service`. */
export const productTitle = (name: string): string =>
  name
    .split('-')
    .map((word) => (word === 'api' ? 'API' : `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`))
    .join(' ');

/** Returns the kinds of access that the scopes of a product grant, for people. */
export function accessOf({ scopes }: Pick<StoredProduct, 'scopes'>): string {
  const kinds = [
    scopes.some((scope) => scope.startsWith(`${prefix}user-nhs-id:`)) ? 'user-restricted' : undefined,
    scopes.some((scope) => scope.startsWith(`${prefix}app:`)) ? 'application-restricted' : undefined,
    scopes.some((scope) => scope.startsWith(`${prefix}user-nhs-login:`)) ? 'patient access' : undefined,
  ].filter((kind) => kind !== undefined);
  if (kinds.length === 3) return 'every access mode';
  return kinds.length > 0 ? kinds.join(', ') : 'no scope';
}
