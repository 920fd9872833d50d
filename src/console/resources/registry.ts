import { json } from '@alongside/kernel/answer';
import { z } from 'zod';
import { type ApiCall, defineCall, type Resource } from '../api/call.ts';
import { openApiOf } from '../api/openapi.ts';
import type { ConsoleContext } from '../dependencies.ts';
import { explanation } from '../explain/explain.ts';
import { requests } from '../explain/requests.ts';
import { journeyExports } from '../journey-exports/calls.ts';
import { administrators } from './administrators.ts';
import { agent, reader } from './agent.ts';
import { apis } from './apis.ts';
import { applicationCredentials } from './application-credentials.ts';
import { applications } from './applications.ts';
import { approvals } from './approvals.ts';
import { audit } from './audit.ts';
import { authenticators, importedAuthenticators } from './authenticators.ts';
import { cards } from './cards.ts';
import { clock } from './clock.ts';
import { desk } from './desk.ts';
import { developers } from './developers.ts';
import { directory } from './directory.ts';
import { changes, events } from './events.ts';
import { faults } from './faults.ts';
import { health, reset, state } from './installation.ts';
import { journeys } from './journeys.ts';
import { keys } from './keys.ts';
import { mail } from './mail.ts';
import { citizens, realmKeys } from './mock.ts';
import { patients } from './patients.ts';
import { people } from './people.ts';
import { products } from './products.ts';
import { refusals } from './refusals.ts';
import { registrationAuthority } from './registration-authority.ts';
import { registrationTokens } from './registration-tokens.ts';
import { resourceServers } from './resource-servers.ts';
import { sessions } from './sessions.ts';
import { mintedTokens, tokens } from './tokens.ts';
import { transfer } from './transfer.ts';
import { validate } from './validate.ts';

export const resources: readonly Resource[] = [
  agent,
  reader,
  desk,
  cards,
  state,
  people,
  authenticators,
  importedAuthenticators,
  directory,
  registrationAuthority,
  sessions,
  events,
  journeys,
  changes,
  journeyExports,
  refusals,
  applications,
  apis,
  applicationCredentials,
  resourceServers,
  products,
  developers,
  registrationTokens,
  tokens,
  mintedTokens,
  validate,
  explanation,
  requests,
  keys,
  health,
  audit,
  administrators,
  approvals,
  transfer,
  realmKeys,
  citizens,
  patients,
  clock,
  faults,
  mail,
  reset,
];

const resourcesOf = ({ development }: Pick<ConsoleContext, 'development'>): readonly Resource[] =>
  resources.filter(({ only }) => development || only === undefined);

/** All calls of an installation, with the call that describes them. */
export function apiCalls(console: ConsoleContext): readonly ApiCall[] {
  const described = resourcesOf(console).flatMap(({ calls }) => calls?.(console) ?? []);
  let document: object | undefined;
  const description = defineCall('GET', '/openapi.json', {
    summary: 'Returns this API as an OpenAPI document',
    answers: { 200: 'OpenAPI 3.1' },
    roles: ['registration-authority', 'support', 'read'],
    response: z.looseObject({ openapi: z.string() }),
    async handle() {
      document ??= openApiOf(calls, { version: console.version, server: console.urls.console });
      return json(200, document);
    },
  });
  const calls = [...described, description];
  return calls;
}
