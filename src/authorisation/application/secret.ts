import { secretFacts, secretFits } from '../../oauth/applications.ts';
import { errors } from '../errors.ts';
import type { Incoming } from '../incoming.ts';
import type { AtBase } from '../parts.ts';
import { requireClient, type WithClient } from './client.ts';

/** Finds the client by `client_id` in the form, never by HTTP Basic, which the published service removed. */
export function identifyByForm({
  server,
  form,
}: AtBase<'clients'> & Incoming): WithClient | Promise<WithClient> {
  const clientId = form.get('client_id');
  if (clientId === undefined) throw errors.clientMissing('client_id is missing from the form');
  return requireClient(server, clientId, errors.clientOrSecret);
}

export function checkSecret({ server, form, client }: AtBase<'applications'> & Incoming & WithClient): void {
  const { applications } = server.parts;
  const secret = form.get('client_secret');
  if (secret === undefined) throw errors.secretMissing('client_secret is missing from the form');
  if (!secretFits(client.registration, secret, applications.now))
    throw errors
      .clientOrSecret(
        `the secret is none of the ${client.registration.secrets.length} of ${client.application.name}, or has expired`,
      )
      .about(secretFacts(client.application.name, client.registration, secret, applications.now));
}
