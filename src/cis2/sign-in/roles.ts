import { type Answer, redirect } from '@alongside/kernel/answer';
import type { Recorder } from '@alongside/kernel/events';
import { type Parameters, parseParameters } from '../../oauth/parameters.ts';
import type { CisClient } from '../model/cis-client.ts';
import { interactionPath } from '../model/interactions.ts';
import { choiceOf } from '../model/settle-role.ts';
import type { Sessions } from '../sessions/sessions.ts';
import type { Finish } from './finish.ts';
import type { WithSignIn } from './open.ts';
import { rolePage } from './pages/role.ts';

interface Parts {
  cis: CisClient;
  sessions: Sessions;
  finish: Finish;
  recorder: Recorder;
  development: boolean;
}

/** The role that the person works in until now: of the session, else of the sign-in. */
async function roleUntilNow({ sessions }: Parts, { request, authentication }: WithSignIn) {
  const session = await sessions.current(request);
  return (session?.uid === authentication.uid ? session.roleId : null) ?? authentication.roleId;
}

/** Shows the roles that the directory has now. Where there is nothing to choose, the sign-in goes on. */
export const showRoles = (parts: Parts) =>
  async function showRoles(known: WithSignIn): Promise<Answer> {
    const { request, interaction, client, authentication } = known;
    const person = await parts.cis.person(authentication.uid);
    if (!person || person.roles.length < 2) return redirect(interactionPath(interaction.id, 'resume'));
    const question = {
      person,
      applicationName: client.application.name,
      roleId: await roleUntilNow(parts, known),
      search: parseParameters(request.query)?.get('search') ?? '',
      unanswered: false,
    };
    return rolePage(interaction, question, parts.development);
  };

/** Goes on with the chosen role; a form without one of the person's gets the page again. */
export const takeRole = (parts: Parts) =>
  async function takeRole(known: WithSignIn & { form: Parameters }): Promise<Answer> {
    const { interaction, client, authentication, form } = known;
    const person = await parts.cis.person(authentication.uid);
    const chosenRoleId = person && choiceOf(person, form.get('role'));
    if (person && person.roles.length > 1 && chosenRoleId === undefined) {
      const question = {
        person,
        applicationName: client.application.name,
        roleId: null,
        search: form.get('search') ?? '',
        unanswered: true,
      };
      return rolePage(interaction, question, parts.development);
    }
    parts.recorder.record({
      keys: [interaction.authorization.state ?? '', interaction.id],
      from: 'browser',
      to: 'cis2',
      name: 'cis2.role',
      detail: { roles: person?.roles.length ?? 0 },
    });
    const { confirmed } = interaction;
    return parts.finish.run({ ...known, confirmed, ...(chosenRoleId === undefined ? {} : { chosenRoleId }) });
  };
