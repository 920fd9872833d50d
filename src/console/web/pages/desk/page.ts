import { type Html, html } from '@alongside/kernel/html';
import { codeBeside } from '@alongside/kernel/layout';
import { counted } from '@alongside/kernel/operator';
import type { AgentStatus } from '../../../../../identity-agent/protocol.ts';
import {
  type DeskSessionsAnswer,
  jobNameOf,
  organisationOf,
  paths,
  roleText,
} from '../../../../cis/protocol.ts';
import { consolePaths, type SessionsAnswer } from '../../../../cis2/protocol.ts';
import { orNull } from '../../../model/neighbour.ts';
import {
  callButton,
  callForm,
  emptyState,
  foreign,
  relative,
  selectField,
  summaryRow,
  tag,
} from '../../frame/controls.ts';
import { definePage, type PageView } from '../../frame/page.ts';
import { journeyTable } from '../../parts/journeys.ts';
import { sessionApplications } from '../../parts/names.ts';
import { agentStates, readerPicture } from '../../parts/reader.ts';

const attempts = (left: number | null): string => (left === null ? '' : `${counted(left, 'attempt')} left.`);

/** @param question the PIN is used for no other prompt that opens meanwhile */
const pinForm = (
  { attemptsLeft }: AgentStatus,
  question: string,
  submit: Html = html`<button type="submit" class="needs-script">Give the PIN</button>`,
): Html => html`
<form method="dialog" class="call" id="give-pin" data-method="POST" data-path="/agent/pin" data-done="The PIN is correct." data-is-short="true"><input type="hidden" name="question" value="${question}">
<div class="field"><label for="pin">PIN</label>
<p class="hint" id="pin-hint">${attempts(attemptsLeft)} The PIN of all seeded cards is 123456.</p>
<input class="short" type="password" id="pin" name="pin" inputmode="numeric" autocomplete="off" required pattern="[0-9]{1,12}" aria-describedby="pin-hint"></div>
${submit}</form>`;

const roleForm = ({ roles }: AgentStatus): Html => html`
<form method="dialog" class="call" id="choose-role" data-method="POST" data-path="/agent/role" data-done="The role is chosen." data-is-short="true">
<fieldset><legend>Role for this session</legend>
${roles.map(
  (role, index) => html`<div class="choice">
<input type="radio" id="role-${role.roleId}" name="roleId" value="${role.roleId}" required${index === 0 ? html` checked` : undefined}>
<label for="role-${role.roleId}">${jobNameOf(role.roleName)}<span class="hint"> ${organisationOf(role)}</span></label></div>`,
)}</fieldset>
<button type="submit" class="needs-script">Choose this role</button></form>`;

/** The page that asks, and the documents. The PIN is for these alone. */
async function signatureForm(
  { console: { agent } }: PageView,
  status: AgentStatus,
): Promise<Html | undefined> {
  const asked = await orNull(agent.question());
  if (!asked) return undefined;
  const { id, from, documents, algorithm, digests } = asked;
  return html`<p class="lead"><strong>${foreign(from)}</strong> asks to sign ${counted(documents, 'document')} (${algorithm}).</p>
<details><summary>SHA-256 of each document</summary><ol>${digests.map((digest) => html`<li><code>${digest}</code></li>`)}</ol></details>
${pinForm(
  status,
  id,
  html`<div class="actions"><button type="submit" class="needs-script">Sign</button>
${callButton({ id: 'decline-signature', method: 'DELETE', path: '/agent/question', done: 'Nothing was signed.', label: 'Decline' })}</div>`,
)}`;
}

const questionForm = async (view: PageView, status: AgentStatus): Promise<Html | undefined> => {
  if (status.question === 'signature') return signatureForm(view, status);
  if (status.question === 'pin') return pinForm(status, 'pin');
  return status.question === 'role' ? roleForm(status) : undefined;
};

const modes: Readonly<Record<string, string>> = {
  normal: 'normal: removing the card ends the session',
  enhancedNormal: 'enhanced normal: removing the card ends the session, a locked screen locks it',
  sessionLockPersistence: 'session lock persistence: removing the card locks the session',
  mobility: 'mobility: the session stays without the card, and the PIN expires',
};

const generations: Readonly<Record<string, string>> = {
  hscn: 'HSCN: asks for the PIN when a card is inserted',
  internet: 'internet: asks only when an application needs it; the card may be removed',
};

const locks = { card: 'the card was removed', screen: 'the screen is locked', time: 'the PIN is too old' };

function facts(status: AgentStatus, now: number): Html {
  const { card, person, role, lock, pinAgainAt, generation, mode } = status;
  const ends = card?.certificateEnds;
  return html`<dl class="summary">
${summaryRow('Card', card ? html`${foreign(card.name)}, <a href="/cards/${card.serial}">${card.serial}</a>` : 'none')}
${summaryRow('Certificate', ends ? html`ends ${relative(ends, now)}${card?.renewalDue ? html` ${tag('renewal due', 'warn')}` : undefined}` : undefined)}
${summaryRow('Person', person ? html`<a href="/people/${person.uid}">${foreign(person.displayName)}</a>` : undefined)}
${summaryRow('Role', role && codeBeside(roleText(role)))}
${summaryRow('Locked', lock ? `${locks[lock.reason]}; ends ${relative(lock.endsAt, now)} without the PIN` : undefined)}
${summaryRow('PIN again', pinAgainAt ? relative(pinAgainAt, now) : undefined)}
${summaryRow('Generation', generations[generation] ?? generation)}
${summaryRow('Mode', generation === 'internet' ? 'none in this generation' : (modes[mode] ?? mode))}</dl>`;
}

/** The acts at the reader that are possible now. */
function acts({ card, person, lock }: AgentStatus): Html {
  const screen = lock?.reason === 'screen';
  return html`<div class="actions">
${card ? callButton({ id: 'remove-card', method: 'DELETE', path: '/readers/0/card', done: 'The reader is empty.', label: 'Remove the card' }) : undefined}
${
  person
    ? callButton({
        id: 'lock',
        method: 'PUT',
        path: '/agent/screen',
        body: { locked: !screen },
        done: screen ? 'The screen is unlocked.' : 'The screen is locked.',
        label: screen ? 'Unlock the screen' : 'Lock the screen',
      })
    : undefined
}
${person ? callButton({ id: 'sign-out', method: 'DELETE', path: '/agent/session', done: 'Signed out.', label: 'Sign out' }) : undefined}</div>`;
}

async function insertion({ console: { agent } }: PageView, { card }: AgentStatus): Promise<Html | undefined> {
  const cards = await orNull(agent.cards());
  if (!cards) return undefined;
  const others = cards.filter(({ inserted }) => !inserted);
  const notes = ({ locked, profile }: (typeof cards)[number]) =>
    [locked ? 'blocked' : '', profile === 'valid' ? '' : profile].filter(Boolean).join(', ');
  return callForm({
    id: 'insert-card',
    method: 'PUT',
    path: '/readers/0/card',
    done: 'The card is in the reader.',
    submit: card ? 'Insert instead' : 'Insert',
    fields: selectField({
      name: 'card',
      label: card ? 'Another card' : 'Card',
      options: others.map((each) => {
        const note = notes(each);
        const persona = each.persona ? ` (${each.persona})` : '';
        return [each.serial, `${each.name}${persona}${note ? `, ${note}` : ''}`] as const;
      }),
    }),
  });
}

const noAgent = emptyState(
  html`No Identity Agent responds on this machine, so there is no card reader. <code>alongside up</code> starts one with the other services. On another machine: <code>alongside identity-agent</code>, with the addresses of this installation.`,
  html`<p><a href="/health">See which parts respond</a></p>`,
);

async function reader(view: PageView): Promise<Html> {
  const status = await orNull(view.console.agent.status());
  if (!status) return noAgent;
  const [text, tone] = agentStates[status.state];
  const question = await questionForm(view, status);
  return html`<div class="panel desk"><div>${readerPicture(status)}<p class="state-of">${tag(text, tone)}</p></div>
<div>${status.reason ? html`<p class="error">${foreign(status.reason)}</p>` : undefined}
${question ? html`<div data-question="${status.question}">${question}</div>` : undefined}
${facts(status, view.now)}${acts(status)}</div>
<div>${await insertion(view, status)}</div></div>`;
}

/** The sessions at CIS2 and the tokens that end with the session at this desk. */
async function dependants(view: PageView): Promise<Html> {
  const {
    console: { agent, cis, cis2 },
    now,
  } = view;
  const status = await orNull(agent.status());
  const person = status?.person;
  if (!status || !person) return html`<p>Nobody is signed in here, so nothing depends on this desk.</p>`;
  const answered = await orNull(
    Promise.all([
      cis.read<DeskSessionsAnswer>(paths.consoleSessions, { uid: person.uid }),
      cis2.read<SessionsAnswer>(consolePaths.sessions, { uid: person.uid }),
    ]),
  );
  if (!answered) return html`<p class="warning">CIS or CIS2 does not respond.</p>`;
  const [atDesks, atCis2] = answered;
  const here = atDesks.sessions.find(({ agentId }) => agentId === status.agentId);
  const sessions = atCis2.sessions.filter(
    ({ cisSessionId }) => cisSessionId !== null && cisSessionId === here?.id,
  );
  const applicationsOf = await sessionApplications(view, sessions);
  return html`<p>${here ? html`The session of this desk began ${relative(here.createdAt, now)} and ends ${relative(here.endsAt, now)} at the latest.` : 'CIS has no session of this desk.'}
${sessions.length === 0 ? ' No session at CIS2 depends on it.' : undefined}</p>
<ul class="dependants">${sessions.map(
    ({
      sid,
      clients,
      tokens,
      level,
      createdAt,
    }) => html`<li><a href="/sessions?person=${person.uid}#session-${sid}">Session at CIS2 since ${createdAt.slice(11, 19)}<span class="visually-hidden">${createdAt.slice(19, 23)}</span> UTC</a>, AAL${level}:
${applicationsOf({ clients, tokens })};
${counted(tokens.access, 'access token')}, ${counted(tokens.refresh, 'refresh token')}</li>`,
  )}</ul>`;
}

async function journeysHere({ console: { agent, journeys }, now }: PageView): Promise<Html> {
  const status = await orNull(agent.status());
  const filter = status?.person ? { person: status.person.uid } : { pattern: 'desk' as const };
  const found = (await journeys.list(filter)).journeys.slice(0, 8);
  if (found.length === 0) return html`<p>Nothing has happened here yet.</p>`;
  return journeyTable(found, now);
}

const asksFor = { pin: 'asks for PIN', role: 'asks for role', signature: 'asks to sign' } as const;

/** The workstation: reader, card, prompts, and what depends on its session. */
export const deskPage = definePage({
  path: '/desk',
  only: 'development',
  navigation: {
    group: 'desk',
    label: 'Desk',
    async badge({ agent }) {
      const { question } = await agent.status();
      return question ? { text: asksFor[question], tone: 'warn' } : undefined;
    },
  },
  parts: {
    reader: { on: ['desk', 'card', 'session', 'clock'], render: reader },
    dependants: { on: ['desk', 'session', 'journey'], render: dependants },
    journeys: { on: ['journey', 'desk'], render: journeysHere },
  },
  async render({ part }) {
    return {
      title: 'Desk',
      lead: 'The card reader of this machine and its Identity Agent.',
      main: html`${await part('reader')}<h2>What depends on it</h2>${await part('dependants')}
<h2>Latest journeys here</h2>${await part('journeys')}`,
    };
  },
});
