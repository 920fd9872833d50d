import type { Answer } from '@alongside/kernel/answer';
import type { Endpoint, HttpRequest } from '@alongside/kernel/http';
import { LegacyChallenges } from './challenges.ts';
import type { Legacy, LegacyCall, LegacyDependencies, LegacySettings } from './services.ts';
import { activate, createValidate } from './sign-in.ts';
import { LegacySigner } from './signer.ts';
import { chooseRoleSteps, createReadAssertion, signOutSteps, ticketSteps } from './ticket-use.ts';
import { Tickets } from './tickets.ts';

/** The legacy interface for desktop applications, on the sessions of CIS. */
export function createLegacy(dependencies: LegacyDependencies, settings: LegacySettings) {
  const { clock, database, singleUse, vault, authorities } = dependencies;
  const cis: Legacy = {
    ...dependencies,
    tickets: new Tickets(database, clock),
    challenges: new LegacyChallenges(vault, clock, singleUse),
    signer: new LegacySigner(dependencies.settings, vault, authorities, clock),
    clients: settings.clients ?? [],
    sha1: settings.sha1 ?? false,
    signAssertions: settings.signAssertions ?? true,
  };
  const endpoint =
    (list: { run(start: LegacyCall): Promise<Answer> }): Endpoint =>
    (request) =>
      list.run({ request, cis });
  return {
    activate: endpoint(activate),
    validate: createValidate(cis),
    signOut: endpoint(signOutSteps),
    chooseRole: endpoint(chooseRoleSteps),
    readAssertion: createReadAssertion(cis),
    makeTicket: (request: HttpRequest<{ id: string }>) =>
      ticketSteps.run({ request, cis, id: request.params.id }),
  };
}

export type LegacyEndpoints = ReturnType<typeof createLegacy>;
