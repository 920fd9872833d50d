import { readFileSync } from 'node:fs';
import { inClone } from '../prepare/clone.mjs';

/** Returns the package.json of a folder of the clone. */
export const manifestOf = (...folder) => JSON.parse(readFileSync(inClone(...folder, 'package.json'), 'utf8'));

/** Returns the members that every package has, with those that npm needs to record where it was built. */
export function commonMembers(keywords) {
  const { repository, homepage, bugs } = manifestOf();
  return {
    keywords: ['nhs', 'cis2', 'smartcard', 'oauth2', 'openid-connect', ...keywords],
    repository,
    homepage,
    bugs,
    publishConfig: { access: 'public', provenance: true },
  };
}
