import type { Check } from './check.ts';
import { discoveryChecks } from './checks/discovery.ts';
import { endpointChecks } from './checks/endpoints.ts';
import { idTokenChecks } from './checks/id-token.ts';
import { keyCacheChecks, keyChangeChecks } from './checks/keys.ts';
import { logoutChecks } from './checks/logout.ts';
import { requestChecks } from './checks/request.ts';
import { responseChecks } from './checks/response.ts';
import { sessionChecks, signIn } from './checks/session.ts';
import { signOutChecks } from './checks/sign-out.ts';

/** All checks in order of execution. Those that invalidate cached keys or the discovery document are last. */
export const checks: readonly Check[] = [
  signIn,
  ...keyChangeChecks,
  ...requestChecks,
  ...responseChecks,
  ...idTokenChecks,
  ...endpointChecks,
  ...sessionChecks,
  ...logoutChecks,
  ...signOutChecks,
  ...keyCacheChecks,
  ...discoveryChecks,
];

const names = checks.map(({ name }) => name);
if (new Set(names).size !== names.length) throw new Error('Two checks have the same name.');
