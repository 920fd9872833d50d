import { type Html, html } from '@alongside/kernel/html';
import { counted } from '@alongside/kernel/operator';
import { type DeskSession, type DeskSessionsAnswer, type Person, paths } from '../../../../cis/protocol.ts';
import {
  consolePaths,
  type DeliveryAnswer,
  type SessionAnswer,
  type SessionsAnswer,
} from '../../../../cis2/protocol.ts';
import { orNull } from '../../../model/neighbour.ts';
import { readLogoutDeliveries } from '../../../service/logout-deliveries.ts';
import {
  callButton,
  emptyState,
  filterForm,
  foreign,
  hiddenColumn,
  relative,
  table,
  tag,
  when,
} from '../../frame/controls.ts';
import { definePage, type PageView } from '../../frame/page.ts';
import { clientNames, peopleOf, sessionApplications } from '../../parts/names.ts';

const personOf = ({ query }: PageView): string => query.get('person')?.trim().slice(0, 40) ?? '';

/** Returns the uid in the query: a persona is looked up. Null if there is no such person. */
async function uidOf(view: PageView): Promise<string | null | undefined> {
  const person = personOf(view);
  return person === '' ? undefined : orNull(view.console.cis.uidOf(person));
}

async function listed(view: PageView) {
  const { cis, cis2 } = view.console;
  const uid = await uidOf(view);
  if (uid === null) return undefined;
  const [atDesks, atCis2] = await Promise.all([
    orNull(cis.read<DeskSessionsAnswer>(paths.consoleSessions, { uid })),
    orNull(cis2.read<SessionsAnswer>(consolePaths.sessions, { uid })),
  ]);
  const [desk, sessions] = [atDesks?.sessions ?? null, atCis2?.sessions ?? null];
  const [names, applicationsOf] = await Promise.all([
    peopleOf(
      view,
      [...(desk ?? []), ...(sessions ?? [])].map(({ uid }) => uid),
    ),
    sessionApplications(view, sessions ?? []),
  ]);
  return { desk, sessions, names, applicationsOf };
}

const who = (uid: string, names: ReadonlyMap<string, Person>): Html => {
  const person = names.get(uid);
  return html`<a href="/people/${uid}">${person ? foreign(person.displayName) : uid}</a>`;
};

const nameOf = (uid: string, names: ReadonlyMap<string, Person>): string =>
  names.get(uid)?.displayName ?? uid;

const end = (kind: 'sessions' | 'desk-sessions', id: string, name: string, where: string): Html =>
  callButton({
    id: `end-${id}`,
    method: 'DELETE',
    path: `/${kind}/${encodeURIComponent(id)}`,
    done: `The session of ${name} has ended.`,
    label: 'End',
    about: `the session of ${name} ${where}`,
  });

interface Listed {
  now: number;
  names: ReadonlyMap<string, Person>;
  applicationsOf: (session: SessionAnswer) => Html;
}

const deskRow = (session: DeskSession, { now, names }: Listed, dependants: number) => ({
  id: `session-${session.id}`,
  tone: 'chosen' as const,
  cells: [
    html`${who(session.uid, names)}<br><span class="quiet">at a workstation</span>`,
    html`Card <a href="/cards/${session.cardSerial}">${session.cardSerial}</a><br><span class="quiet">${session.generation === 'hscn' ? 'HSCN' : session.generation}, ${session.mode}</span>`,
    dependants === 0 ? 'nothing' : counted(dependants, 'session'),
    when(session.createdAt, now),
    html`PIN ${relative(session.pinTime, now)}<br><span class="quiet">agent heard ${relative(session.heardAt, now)}</span>`,
    relative(session.endsAt, now),
    end(
      'desk-sessions',
      session.id,
      nameOf(session.uid, names),
      `at a workstation since ${session.createdAt.slice(11, 23)}`,
    ),
  ],
});

const sessionRow = (
  session: SessionAnswer,
  { now, names, applicationsOf }: Listed,
  isDependant: boolean,
) => ({
  id: `session-${session.sid}`,
  cells: [
    html`${isDependant ? html`<span aria-hidden="true">↳ </span>` : undefined}${who(session.uid, names)}<br><span class="quiet">at CIS2${isDependant ? ', ends with the workstation' : ''}</span>`,
    html`${session.authenticator}<br><span class="quiet">AAL${session.level}</span>`,
    html`${applicationsOf(session)}<br><span class="quiet">${counted(session.tokens.access, 'access token')}, ${counted(session.tokens.refresh, 'refresh token')}</span>`,
    when(session.createdAt, now),
    html`used ${relative(session.activeAt, now)}`,
    relative(session.endsAt, now),
    end(
      'sessions',
      session.sid,
      nameOf(session.uid, names),
      `at CIS2 since ${session.createdAt.slice(11, 23)}`,
    ),
  ],
});

/** A button that ends the sessions of a person at workstations and at CIS2. */
export const endAllButton = (uid: string, name: string): Html =>
  callButton({
    id: 'end-all',
    method: 'DELETE',
    path: `/people/${uid}/sessions`,
    tone: 'danger',
    done: `All sessions of ${name} have ended.`,
    label: `End all sessions of ${name}`,
    confirm: `End all sessions of ${name}, at workstations and at CIS2?`,
  });

async function sessionsPart(view: PageView): Promise<Html> {
  const found = await listed(view);
  const person = personOf(view);
  if (!found) return emptyState(html`No person is called ${foreign(person)}. Enter a uid or a persona.`);
  const { desk, sessions, names, applicationsOf } = found;
  const missing = html`${desk ? undefined : html`<p class="warning">CIS does not respond, so the sessions at workstations are missing.</p>`}${
    sessions ? undefined : html`<p class="warning">CIS2 does not respond, so its sessions are missing.</p>`
  }`;
  const atDesks = desk ?? [];
  const others = sessions ?? [];
  if (atDesks.length + others.length === 0)
    return html`${missing}${emptyState(person ? 'This person has no session.' : 'No session. One begins when a user signs in.')}`;
  const context: Listed = { now: view.now, names, applicationsOf };
  const of = (id: string) => others.filter(({ cisSessionId }) => cisSessionId === id);
  const known = new Set(atDesks.map(({ id }) => id));
  const rows = [
    ...atDesks.flatMap((session) => {
      const dependants = of(session.id);
      return [
        deskRow(session, context, dependants.length),
        ...dependants.map((each) => sessionRow(each, context, true)),
      ];
    }),
    ...others
      .filter(({ cisSessionId }) => cisSessionId === null || !known.has(cisSessionId))
      .map((each) => sessionRow(each, context, false)),
  ];
  const [first] = [...atDesks, ...others];
  return html`${missing}${table(
    'Sessions',
    ['Person', 'Signed in with', 'Depends on it', 'Began', 'Last use', 'Ends', hiddenColumn('End')],
    rows,
  )}${person && first ? html`<div class="actions">${endAllButton(first.uid, nameOf(first.uid, names))}</div>` : undefined}`;
}

const states: Readonly<
  Record<DeliveryAnswer['state'], readonly [text: string, tone: 'good' | 'bad' | 'warn']>
> = {
  pending: ['waiting', 'warn'],
  delivered: ['delivered', 'good'],
  givenUp: ['given up', 'bad'],
};

/** Returns a cause as words: `cardRemoved` as `card removed`. */
const inWords = (cause: string): string => cause.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

async function deliveries(view: PageView): Promise<Html> {
  const { console, now } = view;
  const deliveries = await orNull(readLogoutDeliveries(console));
  if (!deliveries) return html`<p class="warning">CIS2 or the API platform does not respond.</p>`;
  if (deliveries.length === 0)
    return html`<p>None in the last seven days. CIS2 and the API platform send one to each of their applications when its session ends.</p>`;
  const client = await clientNames(
    view,
    deliveries.map(({ clientId }) => clientId),
  );
  return table(
    'Logout messages',
    ['Application', 'Why', 'State', 'Written', hiddenColumn('Send')],
    deliveries.slice(0, 50).map(({ id, clientId, address, cause, state, attempts, result, createdAt }) => ({
      id: `delivery-${id}`,
      cells: [
        html`${foreign(client(clientId))}<br><span class="quiet">${foreign(address)}</span>`,
        inWords(cause),
        html`${tag(...states[state])}<br><span class="quiet">${counted(attempts, 'attempt')}${result ? html`: ${foreign(result)}` : undefined}</span>`,
        when(createdAt, now),
        state === 'delivered'
          ? undefined
          : callButton({
              id: `send-${id}`,
              method: 'POST',
              path: `/logout-deliveries/${id}/send`,
              done: 'Tried again.',
              label: 'Send again',
              about: `to ${client(clientId)}, written ${createdAt.slice(11, 23)}`,
            }),
      ],
    })),
  );
}

/** Sessions at workstations and at CIS2, with what depends on them, and the messages about their ends. */
export const sessionsPage = definePage({
  path: '/sessions',
  roles: ['support'],
  navigation: { group: 'operate', label: 'Sessions' },
  parts: {
    list: { on: ['session', 'desk', 'clock'], render: sessionsPart },
    deliveries: { on: ['session'], render: deliveries },
  },
  async render(view) {
    return {
      title: 'Sessions',
      lead: 'A session at CIS2 that began with a card ends with the session of its workstation.',
      main: html`${filterForm('/sessions', view.query, [{ name: 'person', label: 'Person: uid or persona', maxlength: 40 }], 'Show')}
${await view.part('list')}<h2>Logout messages</h2>${await view.part('deliveries')}`,
    };
  },
});
