import type { Answer } from '@alongside/kernel/answer';
import { type Html, html } from '@alongside/kernel/html';
import type { Person } from '../../../cis/protocol.ts';
import { interactionPath } from '../../model/interactions.ts';
import { nameOnPages } from '../../model/relying-party.ts';
import { type AuthenticationStrength, firstMet } from '../../model/session.ts';
import { askingPage } from '../../pages/frame.ts';
import { formOf } from '../../responses/own-form.ts';
import type { AuthenticationContext, Authenticator } from '../../sign-in/authenticator.ts';
import type { InteractionContext } from '../../sign-in/open.ts';
import { filled, words } from '../../text/words.ts';
import type { AuthenticatorDependencies, AuthenticatorKind } from '../kind.ts';
import { local } from '../shared/local.ts';
import { personaText as text } from './text.ts';

const { common } = words;

function roleCount(count: number): string {
  if (count === 0) return text.noRoles;
  return count === 1 ? text.oneRole : filled(text.roles, { count });
}

const radio = ({ uid, persona, displayName, roles }: Person): Html => html`<div class="choice">
<input type="radio" id="person-${uid}" name="uid" value="${uid}" required aria-describedby="more-${uid}">
<div><label for="person-${uid}">${displayName}${persona ? html` <span class="hint">(${persona})</span>` : undefined}</label>
<p class="hint" id="more-${uid}">${uid}, ${roleCount(roles.length)}</p></div>
</div>`;

/** Lists the people of the directory. `unchosen` asks again after a form without a person. */
const personaPage = (
  { interaction, client }: Pick<AuthenticationContext, 'interaction' | 'client'>,
  people: readonly Person[],
  { level, methods }: AuthenticationStrength,
  unchosen: boolean,
): Answer =>
  askingPage(unchosen ? 400 : 200, {
    title: text.title,
    development: true,
    main: html`<p class="lead">${filled(common.signingIn, { application: nameOnPages(client, interaction) })}</p>
<p class="note">${text.lead} ${filled(text.counts, { level, methods: methods.join(' ') })}</p>
${unchosen ? html`<p class="error" role="alert">${text.unchosen}</p>` : undefined}
<form method="post" action="${interactionPath(interaction.id, 'persona/answer')}">
<fieldset><legend>${text.legend}</legend>${people.map(radio)}</fieldset>
<div class="actions"><button>${text.next}</button></div>
</form>
<p><a href="${interactionPath(interaction.id)}">${common.otherWay}</a></p>`,
  });

interface PersonaDependencies
  extends Pick<AuthenticatorDependencies, 'cis' | 'credentials' | 'completeSignIn' | 'development'> {
  /** Levels and methods of every other authenticator. */
  reaches: readonly AuthenticationStrength[];
}

/** Returns the level and method for the first requested class that any authenticator reaches. */
export function reachFor(
  reaches: readonly AuthenticationStrength[],
  requested: readonly string[],
): AuthenticationStrength {
  for (const value of requested) {
    const strength = reaches.find((one) => firstMet([value], one) !== undefined);
    if (strength) return strength;
  }
  throw new Error(`No authenticator reaches ${requested.join(' ')}.`);
}

/** Signs in as any user of the directory without proof, at the requested level. Throws outside development. */
export function persona({
  cis,
  credentials,
  completeSignIn,
  reaches,
  development,
}: PersonaDependencies): Authenticator {
  if (!development) throw new Error('Personas sign in only in development.');

  const show = async (
    context: Pick<AuthenticationContext, 'interaction' | 'client'>,
    unchosen: boolean,
  ): Promise<Answer> => {
    const people = (await cis.people()).filter(({ disabled }) => !disabled);
    const strength = reachFor(reaches, context.interaction.authorization.acr);
    return personaPage(context, people, strength, unchosen);
  };

  const takeForm = async (context: InteractionContext): Promise<Answer> => {
    const uid = formOf(context.request).get('uid');
    if (uid === undefined || !/^\d{1,20}$/.test(uid) || !(await cis.person(uid))) return show(context, true);
    const { level, methods } = reachFor(reaches, context.interaction.authorization.acr);
    const result = { authenticator: 'persona', uid, methods: [...methods], level, credentialId: null };
    return completeSignIn(context, result, []);
  };

  return {
    ...local('persona', credentials),
    label: text.label,
    hint: text.hint,
    offers: reaches,
    begin: (context) => show(context, false),
    usableBy: async () => true,
    routes: [{ method: 'POST', path: 'answer', run: takeForm }],
  };
}

/** Any user without proof, at any level that another kind reaches. */
export const personaKind: AuthenticatorKind = {
  only: 'development',
  reaches: [],
  create: (given) => ({ authenticators: [persona(given)] }),
};
