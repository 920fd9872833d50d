import type { Parameters } from '../../oauth/parameters.ts';
import type { AtRealm } from '../realm-endpoint.ts';

/** One request to the token endpoint of a realm. */
export interface TokenRequest extends AtRealm {
  parameters: Parameters;
}
