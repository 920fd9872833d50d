import { type Answer, redirect } from '@alongside/kernel/answer';
import type { Recorder } from '@alongside/kernel/events';
import { stateKey } from '@alongside/kernel/journeys';
import { type Parameters, parseParameters } from '../../oauth/parameters.ts';
import type { CisClient } from '../model/cis-client.ts';
import { interactionPath } from '../model/interactions.ts';
import { nameOnPages } from '../model/relying-party.ts';
import { choiceOf } from '../model/roles.ts';
import type { Sessions } from '../sessions/sessions.ts';
import type { SignInContext } from './open.ts';
import { rolePage } from './pages/role.ts';

interface RoleDependencies {
  cis: CisClient;
  sessions: Sessions;
  recorder: Recorder;
  development: boolean;
}

interface RoleContext extends SignInContext {
  provider: RoleDependencies;
}

/** Returns the role in use: that of the session, or else that of the sign-in. */
async function currentRole({ provider, request, authentication }: RoleContext): Promise<string | null> {
  const session = await provider.sessions.current(request);
  return (session?.uid === authentication.uid ? session.roleId : null) ?? authentication.roleId;
}

/** Shows the roles of the directory. Skips the page if there are fewer than two. */
export async function showRoles(context: RoleContext): Promise<Answer> {
  const { provider, request, interaction, client, authentication } = context;
  const person = await provider.cis.person(authentication.uid);
  if (!person || person.roles.length < 2) return redirect(interactionPath(interaction.id, 'resume'));
  const question = {
    person,
    applicationName: nameOnPages(client, interaction),
    roleId: await currentRole(context),
    search: parseParameters(request.query)?.get('search') ?? '',
    unanswered: false,
  };
  return rolePage(interaction, question, provider.development);
}

/** Reads the chosen role. Shows the page again for a role that the user does not have. */
export async function takeRole({
  provider,
  interaction,
  client,
  authentication,
  form,
}: RoleContext & { form: Parameters }): Promise<Answer | { chosenRoleId: string | undefined }> {
  const person = await provider.cis.person(authentication.uid);
  const chosenRoleId = person && choiceOf(person, form.get('role'));
  if (person && person.roles.length > 1 && chosenRoleId === undefined) {
    const question = {
      person,
      applicationName: nameOnPages(client, interaction),
      roleId: null,
      search: form.get('search') ?? '',
      unanswered: true,
    };
    return rolePage(interaction, question, provider.development);
  }
  provider.recorder.record({
    keys: [stateKey(interaction.authorization), interaction.id],
    from: 'browser',
    to: 'cis2',
    name: 'cis2.role',
    detail: { roles: person?.roles.length ?? 0 },
  });
  return { chosenRoleId };
}
