import { realmPath } from '../../service.ts';
import { defaultAcr } from '../model/acr.ts';

/** One issuer of CIS2. */
export interface Realm {
  /** Below the origin. */
  path: string;
  /** What the ids of its interactions begin with; no random id does. */
  mark: string;
  /** What its cookies are named after: a browser may be signed in at each. */
  cookies: string;
  /** What ID tokens call it (`realm`, of ForgeRock's product). */
  name: string;
  /** Where the person says yes to signing out. */
  signOutPath: string;
  /** What is asked for where a request asks for nothing. */
  defaultAcr: readonly string[];
  /** A password is its only way to sign in. */
  passwordOnly: boolean;
}

/** The realm of care workers. */
export const healthcareRealm: Realm = {
  path: realmPath,
  mark: '',
  cookies: 'cis2',
  name: '/NHSIdentity/Healthcare',
  signOutPath: '/sign-out',
  defaultAcr,
  passwordOnly: false,
};

const passwordPath = '/openam/oauth2/realms/root/realms/oidc';

/** The realm of development, where a password alone signs in. */
export const passwordRealm: Realm = {
  path: passwordPath,
  mark: 'oidc.',
  cookies: 'cis2-oidc',
  name: '/oidc',
  signOutPath: `${passwordPath}/sign-out`,
  defaultAcr: ['AAL1_USERPASS'],
  passwordOnly: true,
};
