import { realmPath } from '../service.ts';
import { defaultAcr } from './acr.ts';

/** One issuer of CIS2. */
export interface Realm {
  /** Below the origin. */
  path: string;
  /** What the ids of its interactions begin with; no random id does. */
  mark: string;
  /** What is asked for where a request asks for nothing. */
  defaultAcr: readonly string[];
  /** A password is its only way to sign in. */
  passwordOnly: boolean;
}

/** The realm of care workers. */
export const healthcareRealm: Realm = { path: realmPath, mark: '', defaultAcr, passwordOnly: false };

/** The realm of development, where a password alone signs in. */
export const passwordRealm: Realm = {
  path: '/openam/oauth2/realms/root/realms/oidc',
  mark: 'oidc.',
  defaultAcr: ['AAL1_USERPASS'],
  passwordOnly: true,
};
