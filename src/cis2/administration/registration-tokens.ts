import { type Answer, json } from '@alongside/kernel/answer';
import { reasonOf } from '@alongside/kernel/errors';
import type { Route } from '@alongside/kernel/http';
import { parseJsonObject } from '@alongside/kernel/json';
import { route } from '@alongside/kernel/route';
import { type Passed, steps } from '@alongside/kernel/steps';
import { z } from 'zod';
import type { AuditLog } from '../../storage/audit.ts';
import { consolePaths, type RegistrationTokenAnswer } from '../protocol.ts';
import { registrationErrors } from '../registration/errors.ts';
import type { RegistrationTokens } from '../registration/tokens.ts';
import { type Call, handlersOf, serviceError } from '../responses/error-answers.ts';
import { requireConsole } from './caller.ts';

interface TokenDependencies {
  consoleSecret: string;
  tokens: RegistrationTokens;
  audit: AuditLog;
}

const shape = z.strictObject({
  kind: z.enum(['team', 'initial']),
  team: z.string().regex(/^[\w.-]{1,100}$/),
  profile: z.enum(['standard', 'fapi2']).default('standard'),
});

type Order = z.output<typeof shape>;

type Start = Call<TokenDependencies>;

async function readOrder({ request }: Start) {
  try {
    return { order: shape.parse(parseJsonObject(request.body)) };
  } catch (error) {
    throw registrationErrors.configInvalid(reasonOf(error), {
      problem: 'kind, team or profile is not valid',
    });
  }
}

async function issueToken({
  provider: { tokens, audit },
  order: { kind, team, profile },
}: Start & Passed<'console'> & { order: Order }): Promise<Answer> {
  const record = audit.recordStatement({
    actor: 'console',
    action: 'cis2.registration-token',
    target: team,
    outcome: 'ok',
    detail: { kind },
  });
  const { token, expiresAt } = await tokens.issue(kind, { team, profile }, record);
  return json(201, {
    token,
    expiresAt: new Date(expiresAt).toISOString(),
  } satisfies RegistrationTokenAnswer);
}

const issue = steps<Start>('cis2.registration-token').step(requireConsole).step(readOrder).step(issueToken);

/** `POST /cis2/registration-tokens`: the secret of a team, or an initial access token. It is shown once. */
export const registrationTokenRoutes = (provider: TokenDependencies): Route[] =>
  route(consolePaths.registrationTokens, { POST: handlersOf(provider, serviceError)(issue) });
