import { Refusal, reasonOf } from '@alongside/kernel/errors';
import type { HttpRequest } from '@alongside/kernel/http';
import { check, namedAfter, type Passed, type Steps } from '@alongside/kernel/steps';
import { refusalOfFailure } from '../../oauth/network-limit.ts';
import {
  checkAssertion,
  checkAssertionSignature,
  checkAssertionType,
  checkAudience,
  checkNotBefore,
  claimJti,
  decodeAssertion,
  identifyByAssertion,
} from '../application/assertion.ts';
import {
  checkSecret,
  identifyByForm,
  limitRate,
  readProducts,
  refuseOverLimit,
  requireActiveDeveloper,
  requireApproval,
  requireSubscription,
  type WithClient,
} from '../application/client.ts';
import type { Base } from '../base.ts';
import { errors } from '../errors.ts';
import { type Incoming, refuseRepeated } from '../incoming.ts';
import type { PlatformParts } from '../parts.ts';
import type { NhsCall } from './server.ts';

/** The checks of a client's application, for steps that give something out. */
export type CheckedApplication = Passed<'client-approval' | 'subscription' | 'developer'>;

/** Checks that the application is approved, has a product for this service, and that its developer is active. */
export const applicationChecks = <Start, Known extends NhsCall & WithClient>(list: Steps<Start, Known>) =>
  list
    .step(check('client-approval', requireApproval))
    .step(readProducts)
    .step(check('subscription', requireSubscription))
    .step(check('developer', requireActiveDeveloper));

/** Counts failures of a step for the network of the caller, unless an earlier check refuses the request. */
const limited = <K, R>(step: (known: K) => R) =>
  namedAfter(step, (known: K & NhsCall): R | Promise<Awaited<R>> => {
    const counted = async (thrown: unknown): Promise<never> => {
      if (thrown instanceof Refusal) await known.batch.settle();
      throw await refusalOfFailure(known.server.parts.failures, errors.networkBusy, known.request, thrown);
    };
    try {
      const result = step(known);
      return result instanceof Promise ? result.catch(counted) : result;
    } catch (thrown) {
      return counted(thrown);
    }
  });

/** The checks of an authenticated client, for steps that issue tokens. */
export type CheckedClient = CheckedApplication & Passed<'client-authentication' | 'rate-limit'>;

/** Authenticates the client with its secret, in the published order: the application is checked after the secret. */
export const authenticateBySecret = <Start, Known extends NhsCall>(list: Steps<Start, Known>) =>
  list
    .step(refuseRepeated)
    .step(limited(identifyByForm))
    .step(readProducts)
    .step(refuseOverLimit)
    .step(check('client-authentication', limited(checkSecret)))
    .step(noteProven)
    .step(check('rate-limit', limitRate))
    .step(check('client-approval', requireApproval))
    .step(check('subscription', requireSubscription))
    .step(check('developer', requireActiveDeveloper));

export const checkGrantType = (expected: string) =>
  function checkGrantType({ form }: Incoming): void {
    const grantType = form.get('grant_type');
    if (grantType !== expected)
      throw errors.grantInvalid(`grant_type is ${grantType ?? 'missing'}, expected is ${expected}`);
  };

/** Authenticates the client with a signed JWT. The order of the checks is the contract. */
export const authenticateByAssertion =
  (grantType: string) =>
  <Start, Known extends NhsCall>(list: Steps<Start, Known>) =>
    list
      .step(refuseRepeated)
      .step(checkAssertionType)
      .step(checkGrantType(grantType))
      .step(decodeAssertion)
      .step(checkAssertion)
      .step(limited(identifyByAssertion))
      .use(applicationChecks)
      .step(refuseOverLimit)
      .step(check('client-authentication', limited(checkAssertionSignature)))
      .step(check('audience', checkAudience))
      .step(checkNotBefore)
      .step(check('assertion-jti', claimJti))
      .step(noteProven)
      .step(check('rate-limit', limitRate));

/** The checks of a client that authenticated with an assertion. */
export type CheckedAssertion = CheckedClient & Passed<'audience' | 'assertion-jti'>;

/** Follows client authentication. Later refusals have an audit record. */
function noteProven({ proven, client }: Incoming & WithClient): void {
  proven.application = client.application.id;
}

/** Records that an authenticated application was refused. A failed write does not change the refusal. */
export async function recordRefusedTokens(
  { audit, log }: Pick<PlatformParts, 'audit' | 'log'>,
  base: Base,
  { request, application, grant }: { request: HttpRequest; application: string; grant: string | undefined },
  thrown: unknown,
): Promise<void> {
  // A repeated assertion proves nothing about its sender.
  if (!(thrown instanceof Refusal) || thrown.entry === errors.assertionJtiUsed.entry) return;
  await audit
    .recordAlone(
      {
        action: 'authorisation.tokens-refused',
        outcome: 'refused',
        actor: '',
        application,
        address: request.address,
        detail: { messageId: request.id, base: base.path, grant, error: thrown.entry.id },
      },
      request.activity,
    )
    .catch((error: unknown) =>
      log.error({ id: request.id, reason: reasonOf(error) }, 'a refusal could not be audited'),
    );
}
