import type { SigningKeys } from '@alongside/kernel/keys';
import { RefreshSuccessors } from '../../../../oauth/refresh-successors.ts';
import type { Faults } from '../../../../storage/faults.ts';
import { faultySigner } from '../../../faults/faulty-signer.ts';
import { idTokenFaults } from '../../../faults/id-token-faults.ts';
import { TokenIssuer } from '../issuer.ts';
import { authorizationCode } from './authorization-code.ts';
import type { Grant } from './grant.ts';
import { refreshToken, type Successor, successorPurpose } from './refresh-token.ts';

type GrantDependencies = Omit<
  Parameters<typeof authorizationCode>[0] & Parameters<typeof refreshToken>[0],
  'issuing' | 'successors' | 'keys'
> &
  ConstructorParameters<typeof TokenIssuer>[0] &
  ConstructorParameters<typeof RefreshSuccessors>[0] & { keys: SigningKeys; faults?: Faults | undefined };

/** Creates every grant type of the token endpoint. */
export function createGrants(dependencies: GrantDependencies): readonly Grant[] {
  const issuing = new TokenIssuer(dependencies);
  const keys = faultySigner(dependencies.keys, dependencies.faults, idTokenFaults);
  const successors = new RefreshSuccessors<Successor>(dependencies, successorPurpose);
  const parts = { ...dependencies, keys, issuing, successors };
  return [authorizationCode(parts), refreshToken(parts)];
}
