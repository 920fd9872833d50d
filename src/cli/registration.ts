import { UsageError } from '@alongside/kernel/operator';
import { text, yes } from './command.ts';

type Members = Record<string, unknown>;

/** Flags of `app add` for one member each. */
export const registrationFlags = {
  name: text,
  profile: text,
  developer: text,
  native: yes,
  auth: text,
  jwksUrl: text,
  backchannelLogout: text,
  cis2Auth: text,
  cis2JwksUrl: text,
  platformBackchannelLogout: text,
  pkce: text,
  idTokenClaims: text,
  boundTokens: text,
  signedRequests: text,
  clientId: text,
  clientSecret: text,
  cis2ClientId: text,
  cis2ClientSecret: text,
};

/** Repeatable flags. */
export const registrationLists = [
  'callback',
  'product',
  'platformPostLogoutRedirect',
  'redirect',
  'postLogoutRedirect',
] as const;

interface Field {
  half: 'platform' | 'cis2';
  member: string;
}

const single: Readonly<Record<string, Field>> = {
  auth: { half: 'platform', member: 'tokenEndpointAuthMethod' },
  jwksUrl: { half: 'platform', member: 'jwksUrl' },
  backchannelLogout: { half: 'cis2', member: 'backchannelLogoutUri' },
  cis2Auth: { half: 'cis2', member: 'tokenEndpointAuthMethod' },
  cis2JwksUrl: { half: 'cis2', member: 'jwksUrl' },
  platformBackchannelLogout: { half: 'platform', member: 'backchannelLogoutUri' },
  idTokenClaims: { half: 'cis2', member: 'idTokenClaims' },
};

/** Flags for each half that other flags add. */
const ofBoth = ['boundTokens', 'signedRequests', 'pkce'] as const;

const lists: Readonly<Record<(typeof registrationLists)[number], Field>> = {
  callback: { half: 'platform', member: 'callbackUrls' },
  product: { half: 'platform', member: 'products' },
  platformPostLogoutRedirect: { half: 'platform', member: 'postLogoutRedirectUris' },
  redirect: { half: 'cis2', member: 'redirectUris' },
  postLogoutRedirect: { half: 'cis2', member: 'postLogoutRedirectUris' },
};

/** Returns the credentials of the flags, by half. */
function credentialsFrom(flags: Members): Members | undefined {
  const { clientId, clientSecret, cis2ClientId, cis2ClientSecret } = flags;
  const halves = Object.entries({
    platform: { clientId, clientSecret },
    cis2: { clientId: cis2ClientId, clientSecret: cis2ClientSecret },
  }).filter(([, half]) => half.clientId !== undefined || half.clientSecret !== undefined);
  return halves.length > 0 ? Object.fromEntries(halves) : undefined;
}

/** Returns the registration of the flags of `app add`. Any of its flags adds a half. */
export function registrationFrom(
  flags: Members,
  repeated: Record<(typeof registrationLists)[number], string[]>,
): Members & { name: string } {
  const halves: Partial<Record<Field['half'], Members>> = {};
  const put = ({ half, member }: Field, value: unknown) => {
    halves[half] = { ...halves[half], [member]: value };
  };
  for (const [flag, field] of Object.entries(single)) if (flags[flag] !== undefined) put(field, flags[flag]);
  for (const flag of registrationLists) if (repeated[flag].length > 0) put(lists[flag], repeated[flag]);
  if (flags.native === true) {
    // Public clients exist only in the standard profile.
    const methods = { platform: flags.auth, cis2: flags.cis2Auth };
    for (const half of ['platform', 'cis2'] as const) {
      if (half === 'platform' ? halves.cis2 && !halves.platform : !halves.cis2) continue;
      put({ half, member: 'applicationType' }, 'native');
      if (methods[half] === undefined) put({ half, member: 'tokenEndpointAuthMethod' }, 'none');
    }
  }
  for (const half of ['platform', 'cis2'] as const)
    for (const member of ofBoth)
      if (halves[half] && flags[member] !== undefined) put({ half, member }, flags[member]);
  if (flags.name === undefined) throw new UsageError('Name it: --name NAME.');
  if (!halves.platform && !halves.cis2)
    throw new UsageError(
      'Add its use: --callback URL and --product NAME for the API platform, --redirect URL for CIS2.',
    );
  const credentials = credentialsFrom(flags);
  const profile = flags.profile ?? (flags.native === true ? 'standard' : undefined);
  return {
    name: String(flags.name),
    ...(profile === undefined ? {} : { profile }),
    ...(flags.developer === undefined ? {} : { developer: flags.developer }),
    ...halves,
    ...(credentials ? { credentials } : {}),
  };
}
