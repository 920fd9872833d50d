import { type Answer, json } from '@alongside/kernel/answer';
import { Refusal } from '@alongside/kernel/errors';
import type { Recorder } from '@alongside/kernel/events';
import type { Endpoint, HttpRequest } from '@alongside/kernel/http';
import { steps } from '@alongside/kernel/steps';
import { type Parameters, parseParameters } from '../../../oauth/parameters.ts';
import { authenticateClient } from '../../../oauth/server/client-authentication/authenticate.ts';
import { readForm } from '../../../oauth/server/form.ts';
import { bindTokens, proveKey } from '../../../oauth/server/sender-constraint.ts';
import type { AuditLog } from '../../../storage/audit.ts';
import { tokenErrors } from '../../errors/token.ts';
import type { Cis2Server, ServerCall } from '../server.ts';
import type { Grant, GrantRequest } from './grants/grant.ts';

const findGrant = (grants: ReadonlyMap<string, Grant>) =>
  async function findGrant({ parameters }: { parameters: Parameters }): Promise<{ grant: Grant }> {
    const type = parameters.get('grant_type');
    if (type === undefined) throw tokenErrors.grantMissing('grant_type is missing');
    const grant = grants.get(type);
    if (!grant) throw tokenErrors.grantUnsupported(`${type} is not one of ${[...grants.keys()].join(' ')}`);
    return { grant };
  };

interface Chosen extends GrantRequest {
  grant: Grant;
}

async function validateGrant(known: Chosen): Promise<{ valid: unknown }> {
  return { valid: await known.grant.validate(known) };
}

async function issueTokens(known: Chosen & { valid: unknown }): Promise<Answer> {
  return json(200, await known.grant.issue(known, known.valid), { pragma: 'no-cache' });
}

/** Runs a step behind client authentication, and records its refusal. A public client has proven nothing. */
const recordingRefusals = <K extends Chosen, R>(audit: AuditLog, step: (known: K) => Promise<R>) =>
  async function runGrant(known: K & { request: HttpRequest }): Promise<R> {
    try {
      return await step(known);
    } catch (thrown) {
      const { request, party, grant } = known;
      if (thrown instanceof Refusal && party.client.tokenEndpointAuthMethod !== 'none')
        await audit.recordAlone({
          action: 'cis2.tokens-refused',
          outcome: 'refused',
          actor: '',
          application: party.application.id,
          address: request.address,
          detail: { messageId: request.id, grant: grant.type, error: thrown.entry.id },
        });
      throw thrown;
    }
  };

/** Who asked is not always known by then, so it stands for an application. */
const noteRefusal = (recorder: Recorder, key: string, { entry }: Refusal): void =>
  recorder.record({
    keys: [key],
    from: 'application',
    to: 'cis2',
    name: 'cis2.token',
    outcome: 'refused',
    detail: { error: entry.id },
  });

/** `POST /access_token` (RFC 6749 section 3.2). Two grants of one type throw, for one could never be reached. */
export function createToken(parts: {
  server: Cis2Server;
  grants: readonly Grant[];
  recorder: Recorder;
  audit: AuditLog;
}): Endpoint {
  const grants = new Map(parts.grants.map((grant) => [grant.type, grant]));
  if (grants.size !== parts.grants.length) throw new Error('Two grants have the same type.');
  const list = steps<ServerCall>()
    .step(readForm)
    .step(authenticateClient)
    .step(proveKey('token'))
    .step(bindTokens)
    .step(findGrant(grants))
    .step(recordingRefusals(parts.audit, validateGrant))
    .step(recordingRefusals(parts.audit, issueTokens));
  return async (request) => {
    try {
      return await list.run({ server: parts.server, request });
    } catch (thrown) {
      const form = parseParameters(request.body);
      const key = form?.get('code') ?? form?.get('refresh_token') ?? '';
      if (thrown instanceof Refusal) noteRefusal(parts.recorder, key, thrown);
      throw thrown;
    }
  };
}
