import { type Answer, json, noContent } from '@alongside/kernel/answer';
import { Refusal, reasonOf } from '@alongside/kernel/errors';
import type { Passed, StepList, Steps } from '@alongside/kernel/steps';
import type { WithBatch } from '../request-batch.ts';
import type { SecurityCheck } from './security-checks.ts';
import type { WithConfirmation } from './sender-constraint.ts';
import type { ClientCall, WithClient } from './server.ts';

/** The context of a grant: its client is authenticated, and the key or certificate of its tokens is known. */
export type GrantCall<K extends WithClient = WithClient> = ClientCall<K> &
  K &
  WithBatch &
  WithConfirmation &
  Passed<'client-authentication' | 'sender-constraint'>;

/** The members of a token response (RFC 6749 section 5.1). */
export type TokenResponse = Readonly<Record<string, unknown>>;

/** One value of `grant_type`: a file that calls `grant`, and a line in the registry of its server. */
export interface Grant<Call> {
  readonly type: string;
  /** The security checks that `requireChecks` looks for in its list when the server starts. */
  readonly requires: readonly SecurityCheck[];
  /** Its checks, then `issue`. */
  readonly list: StepList;
  /** Checks the request and issues the tokens. */
  run(call: Call): Promise<Answer>;
  /** Checks the request alone. */
  validate(call: Call): Promise<Answer>;
}

interface GrantDefinition<Call, Valid> {
  readonly type: string;
  readonly requires: readonly SecurityCheck[];
  /** The checks in order. They write nothing for a request that they accept. */
  readonly validate: Steps<Call, Valid>;
  /** Writes the tokens in one batch with its condition, and returns the response. */
  readonly issue: (valid: NoInfer<Valid>) => Promise<TokenResponse>;
}

export function grant<Call extends GrantCall, Valid>(definition: GrantDefinition<Call, Valid>): Grant<Call> {
  const { type, requires, validate, issue } = definition;
  const list = validate.step(async function answerTokens(valid: Valid): Promise<Answer> {
    return json(200, await issue(valid), (valid as Valid & Call).server.tokenHeaders);
  });
  const checks = validate.step(() => noContent());
  return { type, requires, list, run: (call) => list.run(call), validate: (call) => checks.run(call) };
}

/** Returns the values of `grant_type`, for metadata. Throws at start-up if two grants have the same type. */
export function grantTypes(grants: readonly { readonly type: string }[]): string[] {
  const types = grants.map(({ type }) => type);
  if (new Set(types).size !== types.length) throw new Error('Two grants have the same type.');
  return types;
}

/** Finds the grant that the request names (RFC 6749 section 3.2). */
function findGrant<Call extends ClientCall>(grants: readonly Grant<Call>[]): (call: Call) => Grant<Call> {
  const types = grantTypes(grants);
  return ({ server: { errors }, parameters }) => {
    const type = parameters.get('grant_type');
    if (type === undefined) throw errors.grantMissing('grant_type is missing');
    const found = grants.find((candidate) => candidate.type === type);
    if (!found) throw errors.grantUnsupported(`${type} is not one of ${types.join(' ')}`);
    return found;
  };
}

/**
 * Records that an authenticated client was refused tokens. The refusal is returned even if its record cannot be written: it gives
 * nothing out, and the client needs its reason more than the error of the audit log, which the operator finds in the log.
 */
async function auditRefusal(
  { server, request, client }: GrantCall,
  type: string,
  refusal: Refusal,
): Promise<void> {
  await server.audit
    .recordAlone(
      {
        action: server.refusedTokens.action,
        outcome: 'refused',
        actor: '',
        application: client.application.id,
        address: request.address,
        detail: {
          messageId: request.id,
          ...server.refusedTokens.detail,
          grant: type,
          error: refusal.entry.id,
        },
      },
      request.activity,
    )
    .catch((error: unknown) =>
      server.log.error({ id: request.id, reason: reasonOf(error) }, 'a refusal could not be audited'),
    );
}

/** Returns the refusal of an earlier condition that does not hold, else what was thrown. */
async function firstRefusal({ batch }: WithBatch, thrown: unknown): Promise<unknown> {
  if (!(thrown instanceof Refusal) || batch.isRefusal(thrown)) return thrown;
  try {
    await batch.settle();
    return thrown;
  } catch (earlier) {
    return earlier;
  }
}

/**
 * Runs the grant of the request. Each refusal has an audit record, unless the client is public: then nothing is proved. A refusal
 * leaves no condition of an earlier check open, such as an unused assertion.
 */
export function runGrant<Call extends GrantCall>(grants: readonly Grant<Call>[]) {
  const find = findGrant(grants);
  return async function runGrant(call: Call): Promise<Answer> {
    const { type, run } = find(call);
    try {
      return await run(call);
    } catch (thrown) {
      const refusal = await firstRefusal(call, thrown);
      if (!(refusal instanceof Refusal) || call.batch.isRefusal(refusal)) throw refusal;
      const isPublic = call.client.registration.tokenEndpointAuthMethod === 'none';
      if (!isPublic) await auditRefusal(call, type, refusal);
      throw refusal;
    }
  };
}

/** Checks the grant of the request, and issues nothing. */
export function validateGrant<Call extends GrantCall>(grants: readonly Grant<Call>[]) {
  const find = findGrant(grants);
  return function validateGrant(call: Call): Promise<Answer> {
    return find(call).validate(call);
  };
}
