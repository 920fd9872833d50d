import { CookieNames } from '@alongside/kernel/cookies';
import { ProofNonces } from '../../oauth/dpop.ts';
import { AnonymousRows, NetworkLimit, networkLimits } from '../../oauth/network-limit.ts';
import { PushedRequests } from '../../oauth/pushed-requests.ts';
import { RemoteKeys } from '../../oauth/remote-keys.ts';
import { unwatchedMethods } from '../authenticators/registry.ts';
import type { Cis2Dependencies } from '../dependencies.ts';
import { Notices } from '../enrolment/notices.ts';
import { faultySigner, logoutTokenFaults } from '../faults/token-faults.ts';
import { BrowserMarks } from '../model/browser-marks.ts';
import { CisClient } from '../model/cis-client.ts';
import { Credentials } from '../model/credentials.ts';
import { Interactions, limitingRows } from '../model/interactions.ts';
import { registrationUrlOf } from '../registration/routes.ts';
import { Codes } from '../responses/authorization-response.ts';
import { Deliveries } from '../sessions/deliveries.ts';
import { SessionEnds } from '../sessions/session-ends.ts';
import { Sessions } from '../sessions/sessions.ts';
import { createCompleteSignIn } from '../sign-in/complete-sign-in.ts';
import { createFinish } from '../sign-in/finish.ts';
import type { Realm } from './realm.ts';

const defaults = {
  afterSignOut: 'ask' as const,
  confirmNative: true,
  signOutWithoutSession: 'ask' as const,
  forgeRockClaims: true,
  assuranceAsNumbers: false,
  idleSignOut: true,
};

export type RealmParts = ReturnType<typeof createParts>;

/** Creates the services that several endpoints of one realm use. */
export function createParts(given: Cis2Dependencies, realm: Realm) {
  const deps = { ...defaults, ...given };
  const { clock, database, singleUse, keys, issuer, vault } = deps;
  const cookies = new CookieNames(new URL(issuer).origin, realm.cookies);
  const marks = new BrowserMarks(cookies, vault, deps.confirmNative);
  const cis = new CisClient(deps.cis, deps.log);
  const sessions = new Sessions({ ...deps, cookies, unwatchedMethods });
  const limitRows = limitingRows(new AnonymousRows(deps, 'cis2', deps.networkLimits));
  const interactions = new Interactions(singleUse, clock, cookies, limitRows, realm.mark);
  const pushed = new PushedRequests('cis2-pushed', issuer, deps);
  const codes = new Codes(singleUse, pushed, deps, realm.mark);
  const logoutSigner = faultySigner(keys, deps.faults, logoutTokenFaults);
  const deliveries = new Deliveries({ ...deps, sessions, logoutSigner });
  const ends = new SessionEnds({ ...deps, sessions, deliveries });
  const finish = createFinish({ ...deps, cis, interactions, sessions, ends, codes, marks });
  const { failures } = deps.networkLimits ?? networkLimits.parse({});
  return {
    ...deps,
    origin: new URL(issuer).origin,
    path: realm.path,
    realmName: realm.name,
    defaultAcr: realm.defaultAcr,
    signOutPath: realm.signOutPath,
    registrationUrl: registrationUrlOf(deps),
    cookies,
    marks,
    cis,
    cisUrl: deps.cis.url,
    sessions,
    unwatchedMethods,
    limitRows,
    interactions,
    pushed,
    codes,
    deliveries,
    ends,
    finish,
    completeSignIn: createCompleteSignIn({ ...deps, finish }),
    notices: new Notices({ ...deps, cis }),
    credentials: new Credentials(database, clock, vault),
    clientKeys: new RemoteKeys(clock, { privateAddresses: deps.development }),
    failures: new NetworkLimit(deps, 'client-authentication', failures),
    proofNonces: deps.dpopNonces ? new ProofNonces(vault, clock, `cis2 ${realm.path}`) : undefined,
  };
}
