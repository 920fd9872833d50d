import { type Answer, json } from '@alongside/kernel/answer';
import { reasonOf } from '@alongside/kernel/errors';
import type { HttpRequest, Route } from '@alongside/kernel/http';
import { parseJsonObject } from '@alongside/kernel/json';
import { steps } from '@alongside/kernel/steps';
import { z } from 'zod';
import type { AuditLog } from '../../storage/audit.ts';
import { consolePaths, type RegistrationTokenAnswer } from '../protocol.ts';
import { registrationErrors } from '../registration/errors.ts';
import type { RegistrationTokens } from '../registration/tokens.ts';
import { requireConsole } from './caller.ts';

interface Parts {
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

async function readOrder({ request }: { request: HttpRequest }): Promise<{ order: Order }> {
  try {
    return { order: shape.parse(parseJsonObject(request.body)) };
  } catch (error) {
    throw registrationErrors.configInvalid(reasonOf(error), {
      problem: 'kind, team or profile is not valid',
    });
  }
}

const issueToken = ({ tokens, audit }: Parts) =>
  async function issueToken({ order: { kind, team, profile } }: { order: Order }): Promise<Answer> {
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
  };

/** `POST /cis2/registration-tokens`: a secret of a team, or an initial access token; shown once. */
export function registrationTokenRoutes(parts: Parts): Route[] {
  const issuing = steps<{ request: HttpRequest }>()
    .step(requireConsole(parts.consoleSecret))
    .step(readOrder)
    .step(issueToken(parts));
  return [
    {
      methods: ['POST'],
      path: consolePaths.registrationTokens,
      endpoint: (request) => issuing.run({ request }),
    },
  ];
}
