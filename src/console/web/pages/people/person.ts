import { type Html, html } from '@alongside/kernel/html';
import { counted } from '@alongside/kernel/operator';
import {
  type CardsAnswer,
  type DeskSessionsAnswer,
  jobNameOf,
  type Person,
  paths,
} from '../../../../cis/protocol.ts';
import { type AuthenticatorsAnswer, consolePaths, type SessionsAnswer } from '../../../../cis2/protocol.ts';
import { orNull } from '../../../model/neighbour.ts';
import {
  callButton,
  callForm,
  copied,
  foreign,
  hiddenColumn,
  relative,
  selectField,
  table,
  tabs,
  tag,
  when,
  withQuery,
} from '../../frame/controls.ts';
import { definePage, type PageView } from '../../frame/page.ts';
import { approvalNote, needsApproval, ownRequests } from '../../parts/approvals.ts';
import { cardTable } from '../../parts/cards.ts';
import { journeyTable } from '../../parts/journeys.ts';
import { sessionApplications } from '../../parts/names.ts';
import { noOfficer, officerField, officers } from '../../parts/officers.ts';
import { authenticatorName } from '../../parts/role-names.ts';
import { endAllButton } from '../sessions/page.ts';
import { personForm } from './person-form.ts';
import { signingCertificate } from './signing.ts';

type View = PageView<{ uid: string }>;

const find = ({ console, params }: View): Promise<Person> => console.cis.person(params.uid);

async function about(view: View): Promise<Html> {
  const person = await find(view);
  const professional = Object.entries(person.professionalIds);
  return html`<div class="cards"><section class="panel" aria-labelledby="h-about"><h2 id="h-about">Person</h2><dl class="summary">
<dt>uid</dt><dd>${copied(person.uid, 'the uid')}</dd>${person.persona ? html`<dt>Persona</dt><dd><code>${person.persona}</code></dd>` : undefined}
<dt>Status</dt><dd>${person.disabled ? tag('disabled', 'bad') : tag('may sign in', 'good')}</dd>
<dt>E-mail</dt><dd>${person.email ? foreign(person.email) : html`<span class="quiet">none, so a blocked card cannot be unlocked by mail</span>`}</dd>
<dt>Identity assurance</dt><dd>${person.idAssuranceLevel}${person.idAssuranceLevel === '3' ? undefined : html` <span class="quiet">below 3, so no smartcard sign-in at AAL3</span>`}</dd>
${professional.map(([name, value]) => html`<dt>${name.toUpperCase()}</dt><dd>${foreign(value)}</dd>`)}</dl></section>
<section class="panel" aria-labelledby="h-roles"><h2 id="h-roles">Roles</h2>${
    person.roles.length === 0
      ? html`<p>No role yet. <a href="/people/${person.uid}?tab=edit">Add one</a>.</p>`
      : html`<ul class="plain-list">${person.roles.map(
          ({
            roleName,
            orgName,
            orgCode,
            activities,
          }) => html`<li><strong>${foreign(jobNameOf(roleName))}</strong> at <a href="/people?organisation=${encodeURIComponent(orgCode)}">${foreign(orgName)}</a><br>
<span class="quiet">${activities.length === 0 ? 'no activities' : foreign(activities.map(({ name }) => name).join(', '))}</span></li>`,
        )}</ul>`
  }</section></div>`;
}

async function cards(view: View): Promise<Html> {
  const { console, now } = view;
  const { uid } = await find(view);
  const [known, virtual] = await Promise.all([
    console.cis.read<CardsAnswer>(paths.cards, { uid }),
    console.development ? orNull(console.agent.cards()) : null,
  ]);
  const others = (virtual ?? []).filter(
    (card) => card.uid === uid && !known.cards.some(({ serial }) => serial === card.serial),
  );
  return known.cards.length + others.length === 0
    ? html`<p class="quiet">No card.</p>`
    : cardTable(known.cards, others, now, { hasHolder: false });
}

async function otherAuthenticators(view: View): Promise<Html> {
  const { console, now } = view;
  const { uid } = await find(view);
  const answer = await orNull(console.cis2.read<AuthenticatorsAnswer>(consolePaths.authenticators(uid)));
  if (!answer) return html`<p class="warning">CIS2 does not respond.</p>`;
  const { authenticators } = answer;
  if (authenticators.length === 0) return html`<p class="quiet">None besides smartcards.</p>`;
  return table(
    'Authenticators',
    ['Authenticator', 'Level', 'Added', 'Used last', hiddenColumn('Remove')],
    authenticators.map(({ id, kind, label, level, createdAt, usedAt }) => ({
      cells: [
        html`${authenticatorName(kind)}${label ? html`<br><span class="quiet">${foreign(label)}</span>` : undefined}`,
        `AAL${level}`,
        when(createdAt, now),
        usedAt ? when(usedAt, now) : 'never',
        callButton({
          id: `remove-${id}`,
          method: 'DELETE',
          path: `/people/${uid}/authenticators/${encodeURIComponent(id)}`,
          done: 'Removed.',
          label: 'Remove',
          about: `the ${authenticatorName(kind)} ${label}`,
          confirm: 'Remove this authenticator? The person can no longer sign in with it.',
          tone: 'danger',
        }),
      ],
    })),
  );
}

async function sessions(view: View): Promise<Html> {
  const { console, now, caller } = view;
  const { uid, displayName } = await find(view);
  // As the calls of the API.
  if (caller?.role === 'registration-authority')
    return html`<p class="quiet">Your role does not include sessions.</p>`;
  const answer = await orNull(console.cis2.read<SessionsAnswer>(consolePaths.sessions, { uid }));
  if (!answer) return html`<p class="warning">CIS2 does not respond.</p>`;
  const found = answer.sessions;
  const desks = await orNull(console.cis.read<DeskSessionsAnswer>(paths.consoleSessions, { uid }));
  const atDesks = desks?.sessions.length ?? 0;
  const ends = html`${atDesks > 0 ? html`<p>${counted(atDesks, 'session')} at a workstation.</p>` : undefined}${
    atDesks + found.length > 0 ? endAllButton(uid, displayName) : undefined
  }`;
  if (found.length === 0) return html`<p class="quiet">No session at CIS2.</p>${ends}`;
  const applicationsOf = await sessionApplications(view, found);
  return html`${table(
    'Sessions',
    ['Signed in', 'With', 'Applications', 'Ends', hiddenColumn('End')],
    found.map(({ sid, authenticator, level, createdAt, endsAt, ...session }) => ({
      cells: [
        when(createdAt, now),
        `${authenticatorName(authenticator)}, AAL${level}`,
        applicationsOf(session),
        relative(endsAt, now),
        callButton({
          id: `end-${sid}`,
          method: 'DELETE',
          path: `/sessions/${encodeURIComponent(sid)}`,
          done: 'Ended. Its applications are notified and its tokens revoked.',
          label: 'End',
          about: `the session since ${createdAt.slice(0, 23).replace('T', ' ')}`,
          tone: 'danger',
        }),
      ],
    })),
  )}${ends}`;
}

async function did(view: View): Promise<Html> {
  const { console, now, caller } = view;
  const { uid } = await find(view);
  if (caller?.role === 'registration-authority')
    return html`<p class="quiet">Your role does not include journeys.</p>`;
  const records = html` · <a href="/audit?actor=${uid}">Audit records of this person</a>`;
  const links = html`<p><a href="/journeys?person=${uid}">All journeys of this person</a>${caller?.role === 'support' ? undefined : records}</p>`;
  // Reading a person's journeys is an act that production records, so it takes a click there.
  if (!console.development) return links;
  const found = (await console.journeys.list({ person: uid })).journeys.slice(0, 10);
  return html`${found.length > 0 ? journeyTable(found, now) : html`<p class="quiet">Nothing yet.</p>`}${links}`;
}

const kinds = ['passkey', 'security-key', 'windows-hello', 'totp', 'tablet', 'password'] as const;

/** The forms that order a card and make a link. They are no live part, so nothing that is chosen is lost. */
async function forms({ console, caller }: View, { uid }: Person): Promise<Html | undefined> {
  if (caller?.role === 'support') return undefined;
  const acting = await officers(console);
  if (acting.length === 0) return noOfficer;
  return html`<div class="cards"><section class="panel" aria-labelledby="h-order"><h2 id="h-order">Order a card</h2>${callForm(
    {
      id: 'order',
      method: 'POST',
      path: '/registration-authority/cards',
      done: 'Ordered.',
      next: '/cards/{serial}',
      submit: 'Order a card',
      fields: html`<input type="hidden" name="person" value="${uid}">${officerField('order-actor', 'actor', acting)}
<label class="option" for="locked"><input type="checkbox" id="locked" name="locked" data-type="boolean"><span><strong>With a blocked PIN</strong><small>The holder unlocks it by self-service.</small></span></label><br>`,
    },
  )}</section>
<section class="panel" aria-labelledby="h-enrol"><h2 id="h-enrol">Enrol an authenticator</h2>${callForm({
    id: 'enrol',
    method: 'POST',
    path: `/people/${uid}/enrolments`,
    done: 'The link is below the form.',
    submit: 'Make a link',
    fields: html`<div class="pair">${selectField({
      name: 'kind',
      label: 'Kind',
      options: kinds
        .filter((kind) => kind !== 'password' || console.development)
        .map((kind) => [kind, authenticatorName(kind)] as const),
    })}${officerField('enrol-officer', 'officer', acting)}</div>`,
  })}</section></div>`;
}

export const personPage = definePage({
  path: '/people/:uid',
  roles: ['registration-authority', 'support'],
  program: 'pages/people/person',
  parts: {
    about: { on: ['person'], render: about },
    cards: { on: ['card', 'desk'], render: cards },
    authenticators: { on: ['person'], render: otherAuthenticators },
    signing: { on: ['person'], render: async (view) => signingCertificate(view, (await find(view)).uid) },
    sessions: { on: ['session'], render: sessions },
    did: { on: ['journey'], render: did },
    requests: {
      on: ['approval'],
      render: async (view) => html`${await ownRequests(view, (await find(view)).uid)}`,
    },
  },
  async render(view) {
    const person = await find(view);
    const { uid, displayName } = person;
    const isEdit = view.query.get('tab') === 'edit' && view.caller?.role !== 'support';
    const { etag = '' } = await view.console.cis.call({ path: paths.person(uid) });
    const choices = [
      { label: 'Overview', tab: undefined },
      ...(view.caller?.role === 'support' ? [] : [{ label: 'Edit', tab: 'edit' }]),
    ];
    const isShared = needsApproval(view, person);
    const note = isShared
      ? html`${approvalNote}${await view.part('requests')}<div id="shown-once"></div>`
      : undefined;
    const main = isEdit
      ? html`${note}${personForm(person, { name: '', tag: etag })}${
          isShared
            ? undefined
            : html`
<h2>Remove</h2><div class="actions">${callButton({ id: 'remove', method: 'DELETE', path: `/people/${uid}`, done: 'Removed.', label: 'Remove this person', confirm: 'Remove this person from the directory? Sessions end at once.', next: '/people', tone: 'danger' })}</div>`
        }`
      : html`${note}${await view.part('about')}<h2>Cards</h2>${await view.part('cards')}<h2>Other authenticators</h2>${await view.part('authenticators')}<h2>Signing certificate</h2>${await view.part('signing')}
${await forms(view, person)}<h2>Sessions</h2>${await view.part('sessions')}<h2>Latest journeys</h2>${await view.part('did')}`;
    return {
      title: displayName.slice(0, 200),
      heading: foreign(displayName),
      crumbs: [{ label: 'People', href: '/people' }],
      main: html`${tabs(
        'Person',
        choices.map(({ label, tab }) => ({
          label,
          href: withQuery(`/people/${encodeURIComponent(view.params.uid)}`, view.query, { tab }),
          isChosen: isEdit === (tab === 'edit'),
        })),
      )}${main}`,
    };
  },
});

export const newPersonPage = definePage({
  path: '/people/new',
  roles: ['registration-authority'],
  program: 'pages/people/person',
  async render({ query }) {
    return {
      title: 'Add a person',
      crumbs: [{ label: 'People', href: '/people' }],
      main: personForm(undefined, { name: (query.get('name') ?? '').slice(0, 100), tag: '' }),
    };
  },
});
