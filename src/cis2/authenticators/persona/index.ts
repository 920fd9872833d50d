import type { AuthenticatorKind } from '../kind.ts';
import { persona } from './sign-in.ts';

/** Any user without proof, at any level that another kind reaches. */
export const personaKind: AuthenticatorKind = {
  only: 'development',
  reaches: [],
  create: (dependencies) => ({ authenticators: [persona(dependencies)] }),
};
