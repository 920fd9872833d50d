import type { Service } from '../service.ts';
import type { Cis2Dependencies } from './dependencies.ts';
import { createRealm } from './realms/create-realm.ts';
import { withPasswordRealm } from './realms/password-realm.ts';
import { healthcareRealm, passwordRealm } from './realms/realm.ts';
import { unknownPathRoutes } from './responses/nothing-here.ts';

export type { Cis2Dependencies } from './dependencies.ts';

/** CIS2, the OpenID provider. Development has a second realm, with a password as the only authenticator. */
export function createCis2(given: Cis2Dependencies): Service {
  const realms = createRealms(given);
  return { ...realms, routes: [...realms.routes, ...unknownPathRoutes(given.development)] };
}

function createRealms(given: Cis2Dependencies): Service {
  const main = createRealm(given, healthcareRealm);
  if (!given.development) return main;
  const issuer = `${new URL(given.issuer).origin}${passwordRealm.path}`;
  const discovery = { acr_values_supported: passwordRealm.defaultAcr };
  const { mutualTlsUrl: _, ...rest } = given;
  return withPasswordRealm(main, createRealm({ ...rest, issuer, discovery }, passwordRealm));
}
