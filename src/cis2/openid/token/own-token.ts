import type { Parameters } from '../../../oauth/parameters.ts';
import type { TokenRecord, Tokens } from '../../../oauth/tokens.ts';
import { tokenErrors } from '../../errors/token.ts';
import type { RelyingParty } from '../../model/relying-party.ts';

/** The published service has neither revocation nor introspection. */
export async function requireStandard({ party }: { party: RelyingParty }): Promise<void> {
  if (party.client.profile === 'nhs') throw tokenErrors.endpointOff('the client is of the nhs profile');
}

/** The token that a client asks about: its own, or none. Hints of its type are not needed, for there is one record of all. */
export const findOwnToken = ({ tokens, issuer }: { tokens: Tokens; issuer: string }) =>
  async function findOwnToken({
    parameters,
    party,
  }: {
    parameters: Parameters;
    party: RelyingParty;
  }): Promise<{ token: string; record: TokenRecord | null }> {
    const token = parameters.get('token');
    if (token === undefined) throw tokenErrors.tokenMissing('token is missing');
    const record = await tokens.find(token);
    const own = record?.issuer === issuer && record.clientId === party.client.clientId;
    return { token, record: own ? record : null };
  };
