import type { Refuse } from '@alongside/kernel/errors';
import type { Vault } from '@alongside/kernel/secrets';
import type { TokenRecord } from '../oauth/token-records.ts';
import { fetchUserinfo, type UserinfoSource } from '../oauth/upstream/calls.ts';
import { errors } from './errors.ts';
import { sealedAs } from './issue.ts';

/**
 * Fetches the userinfo of a user from the provider, with the provider's token that was stored at sign-in. Throws `expired` when the
 * provider no longer accepts that token.
 */
export async function storedUserinfo(
  { vault }: { vault: Vault },
  { attributes }: TokenRecord,
  source: UserinfoSource,
  expired: Refuse,
): Promise<{ body: string; claims: Record<string, unknown> }> {
  const accessToken = vault.open(sealedAs.accessToken, attributes.external_access_token ?? '');
  const { status, body, claims } = await fetchUserinfo(source, accessToken);
  const { userinfoUrl } = source;
  if (status === 401) throw expired(`${userinfoUrl} answered 401: its own token has expired`);
  if (status !== 200 || !claims) throw errors.unexpected(`${userinfoUrl} answered ${status}`);
  return { body, claims };
}
