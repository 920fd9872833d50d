import type { Answer } from '@alongside/kernel/answer';
import { orderedId } from '@alongside/kernel/ids';
import { stateKey } from '@alongside/kernel/journeys';
import type { Level } from '../../oauth/upstream/upstream.ts';
import type { Statement } from '../../storage/database.ts';
import type { WithClient } from '../application/client.ts';
import type { Base } from '../base.ts';
import { respondToClient } from '../client-response.ts';
import type { CodeGrant } from '../codes.ts';
import type { Attributes } from '../issue.ts';
import type { AtBase, PlatformParts } from '../parts.ts';
import type { WithPending } from './pending.ts';

/** The context of a completed sign-in, which gets a code. */
export type Arrived = WithPending &
  WithClient & { level: Level; attributes: Attributes; uid: string; sid: string | null };

export function grantOf({
  pending,
  client,
  level,
  attributes,
  uid,
  sid,
}: Arrived): Omit<CodeGrant, 'issuer'> {
  const { redirectUri, challenge, upstream, asked, openId, resources, jkt, family = orderedId() } = pending;
  return {
    applicationId: client.application.id,
    clientId: client.registration.clientId,
    redirectUri,
    challenge,
    family,
    upstream,
    level,
    uid,
    sid,
    attributes,
    asked,
    ...(openId ? { openId } : {}),
    ...(resources ? { resources } : {}),
    ...(jkt === undefined ? {} : { jkt }),
  };
}

/** Returns the audit record for the batch that creates a code. */
export const codeRecordStatement = (
  { audit }: Pick<PlatformParts, 'audit'>,
  base: Base,
  { uid, sid, family, applicationId, level, upstream }: Omit<CodeGrant, 'issuer'>,
): Statement =>
  audit.recordStatement({
    action: 'authorisation.code-issued',
    outcome: 'ok',
    actor: uid,
    application: applicationId,
    session: sid,
    family,
    detail: { base: base.path, provider: upstream, level: level.name },
  });

/** Sends the client its code (RFC 6749 section 4.1.2), and the issuer in profiles that send it (RFC 9207). */
export function sendCode(
  server: AtBase<'recorder' | 'development'>['server'],
  { pending, state, client, level, upstream }: Arrived,
  code: string,
  issuer?: string,
): Answer {
  server.parts.recorder.record({
    journey: pending.family,
    keys: [stateKey({ clientId: upstream.clientId, state }), code],
    from: 'authorisation',
    to: 'application',
    name: 'authorisation.code',
    detail: { client: client.application.name, level: level.name },
  });
  return respondToClient(server, { ...pending, issuer }, { code });
}
