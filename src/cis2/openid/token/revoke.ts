import { Answer } from '@alongside/kernel/answer';
import type { Recorder } from '@alongside/kernel/events';
import type { Endpoint } from '@alongside/kernel/http';
import { steps } from '@alongside/kernel/steps';
import { authenticateClient } from '../../../oauth/server/client-authentication/authenticate.ts';
import type { TokenRecord, Tokens } from '../../../oauth/tokens.ts';
import type { Urls } from '../../../service.ts';
import type { AuditLog } from '../../../storage/audit.ts';
import { type Database, must } from '../../../storage/database.ts';
import { partyOf, type RelyingParty } from '../../model/relying-party.ts';
import type { Cis2Server, ServerCall } from '../server.ts';
import { readForm } from './form.ts';
import { findOwnToken, requireStandard } from './own-token.ts';
import { revocationStatement } from './revocation-record.ts';

interface Parts {
  server: Cis2Server;
  issuer: string;
  database: Database;
  tokens: Tokens;
  recorder: Recorder;
  audit: AuditLog;
  urls: Urls;
}

/** A refresh token ends with all that came of its sign-in, an access token alone; what is unknown is answered alike (RFC 7009 section 2). */
const revokeToken = (parts: Parts) =>
  async function revokeToken({
    token,
    record,
    party,
  }: {
    token: string;
    record: TokenRecord | null;
    party: RelyingParty;
  }): Promise<Answer> {
    if (record) {
      const audited = revocationStatement(parts, record, 'client');
      if (record.kind === 'refresh') await parts.tokens.revokeFamily(record.family, audited);
      else await parts.database.batch([must(parts.tokens.revoking(token)), audited]);
      parts.recorder.record({
        keys: [token],
        from: partyOf(party.client, parts.urls),
        to: 'cis2',
        name: 'cis2.revoke',
        detail: { client: party.application.name, kind: record.kind },
      });
    }
    return new Answer(200, { 'cache-control': 'no-store' });
  };

/** `POST /token/revoke` (RFC 7009). */
export function createRevoke(parts: Parts): Endpoint {
  const list = steps<ServerCall>()
    .step(readForm)
    .step(authenticateClient)
    .step(requireStandard)
    .step(findOwnToken(parts))
    .step(revokeToken(parts));
  return (request) => list.run({ server: parts.server, request });
}
