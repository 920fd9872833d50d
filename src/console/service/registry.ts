import { json } from '@alongside/kernel/answer';
import { z } from 'zod';
import type { ConsoleContext } from '../model/dependencies.ts';
import { type ApiCall, defineCall, type Resource } from './api/call.ts';
import { openApiOf } from './api/openapi.ts';
import { journeyExports } from './exports/calls.ts';
import { administrators } from './resources/administrators.ts';
import { agent, reader } from './resources/agent.ts';
import { apis } from './resources/apis.ts';
import { applicationCredentials } from './resources/application-credentials.ts';
import { applications } from './resources/applications.ts';
import { approvals } from './resources/approvals.ts';
import { audit } from './resources/audit.ts';
import { authenticators, importedAuthenticators } from './resources/authenticators.ts';
import { cards } from './resources/cards.ts';
import { clock } from './resources/clock.ts';
import { desk } from './resources/desk.ts';
import { developers } from './resources/developers.ts';
import { directory } from './resources/directory.ts';
import { changes, events } from './resources/events.ts';
import { explanation } from './resources/explain.ts';
import { faults } from './resources/faults.ts';
import { health, reset, state } from './resources/installation.ts';
import { journeys } from './resources/journeys.ts';
import { keys } from './resources/keys.ts';
import { mail } from './resources/mail.ts';
import { citizens, realmKeys } from './resources/mock.ts';
import { patients } from './resources/patients.ts';
import { people } from './resources/people.ts';
import { products } from './resources/products.ts';
import { refusals } from './resources/refusals.ts';
import { registrationAuthority } from './resources/registration-authority.ts';
import { registrationTokens } from './resources/registration-tokens.ts';
import { report } from './resources/report.ts';
import { requests } from './resources/requests.ts';
import { resourceServers } from './resources/resource-servers.ts';
import { searches } from './resources/search.ts';
import { sessions } from './resources/sessions.ts';
import { signing } from './resources/signing.ts';
import { mintedTokens, tokens } from './resources/tokens.ts';
import { validate } from './resources/validate.ts';
import { transfer } from './transfer/calls.ts';

export const resources: readonly Resource[] = [
  agent,
  reader,
  desk,
  report,
  cards,
  state,
  people,
  signing,
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
  searches,
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
