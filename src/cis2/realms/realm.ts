import { realmPath } from '../../service.ts';
import { defaultAcr } from '../model/session.ts';

/** One issuer of CIS2. */
export interface Realm {
  /** Path below the origin. */
  path: string;
  /** Prefix of the ids of its interactions; no random id has it. */
  mark: string;
  /** Prefix of its cookies. A browser may have a session in each realm. */
  cookies: string;
  /** The `realm` claim of ID tokens, as in ForgeRock's product. */
  name: string;
  /** Path of the form that confirms a sign-out. */
  signOutPath: string;
  /** The classes for a request without a known one. */
  defaultAcr: readonly string[];
  /** Whether a password is the only authenticator. */
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

export const passwordRealm: Realm = {
  path: passwordPath,
  mark: 'oidc.',
  cookies: 'cis2-oidc',
  name: '/oidc',
  signOutPath: `${passwordPath}/sign-out`,
  defaultAcr: ['AAL1_USERPASS'],
  passwordOnly: true,
};
