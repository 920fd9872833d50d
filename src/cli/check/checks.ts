import type { Check } from './check.ts';
import { requestChecks, responseChecks } from './checks/authorization.ts';
import { combinedChecks } from './checks/combined.ts';
import { discoveryChecks, endpointChecks } from './checks/endpoints.ts';
import { idTokenChecks } from './checks/id-token.ts';
import { keyCacheChecks, keyChangeChecks } from './checks/keys.ts';
import { sessionChecks, signIn } from './checks/session.ts';
import { logoutChecks, signOutChecks } from './checks/sign-out.ts';
import { signingChecks } from './checks/signing.ts';
import { fixes } from './fixes.ts';

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
  ...combinedChecks,
  ...signingChecks,
  ...keyCacheChecks,
  ...discoveryChecks,
];

const names = checks.map(({ name }) => name);
if (new Set(names).size !== names.length) throw new Error('Two checks have the same name.');
const unfixed = names.find((name) => !Object.hasOwn(fixes, name));
if (unfixed !== undefined) throw new Error(`fixes.ts has no fix for ${unfixed}.`);
