import { type Html, html } from '@alongside/kernel/html';
import { type ClockEffects, clockEffects } from '../../../service/clock-effects.ts';
import { clockState, laggingAgent } from '../../../service/resources/clock.ts';
import { callButton, hiddenColumn, inWords, table, tag } from '../../frame/controls.ts';
import { definePage, type PageView } from '../../frame/page.ts';

const shown = (time: number): string => `${new Date(time).toISOString().slice(0, 19).replace('T', ' ')} UTC`;

const kinds: Readonly<Record<keyof ClockEffects, readonly [one: string, many: string]>> = {
  deskSessions: ['session at a workstation', 'sessions at workstations'],
  sessions: ['session at CIS2', 'sessions at CIS2'],
  codes: ['code', 'codes'],
  accessTokens: ['access token', 'access tokens'],
  refreshTokens: ['refresh token', 'refresh tokens'],
  certificates: ['certificate of a card', 'certificates of cards'],
};

/** Returns what ends, as text. */
function ended(effects: ClockEffects): string {
  const parts = Object.entries(kinds).flatMap(([kind, [one, many]]) => {
    const count = effects[kind as keyof ClockEffects];
    return count === 0 ? [] : [`${count} ${count === 1 ? one : many}`];
  });
  return parts.length === 0 ? 'nothing' : parts.join(', ');
}

async function current({ console, now }: PageView): Promise<Html> {
  const { clock } = console;
  const { offsetSeconds, frozen } = clockState(clock);
  const lagging = await laggingAgent(console);
  const difference = Math.round(Math.abs(offsetSeconds) * 1000);
  return html`<div class="panel"><p class="big-time"><time id="ticking" data-runs="${!frozen}" datetime="${new Date(now).toISOString()}">${shown(now)}</time>
${frozen ? tag('stands still', 'warn') : undefined}${offsetSeconds === 0 && !frozen ? tag('real time', 'good') : undefined}</p>
<p>${offsetSeconds === 0 ? 'The same as the clock of this machine.' : `${inWords(difference)} ${offsetSeconds > 0 ? 'ahead of' : 'behind'} the clock of this machine.`}</p>
<div class="actions">${
    frozen
      ? callButton({
          id: 'run',
          method: 'PUT',
          path: '/clock',
          body: { freeze: false },
          done: 'The clock runs.',
          label: 'Let it run',
        })
      : callButton({
          id: 'freeze',
          method: 'PUT',
          path: '/clock',
          body: { freeze: true },
          done: 'The clock stands still.',
          label: 'Freeze',
        })
  }
${offsetSeconds === 0 && !frozen ? undefined : callButton({ id: 'real', method: 'DELETE', path: '/clock', done: 'The clock shows real time.', label: 'Back to real time', tone: 'primary' })}</div>
${lagging.map(({ part, reason }) => html`<p class="warning"><strong>${part} did not follow.</strong> ${reason}</p>`)}
<p class="quiet">All services of this installation have this time: tokens, sessions, certificates, limits. This browser and applications outside keep their own.</p></div>`;
}

const steps: readonly (readonly [label: string, seconds: number])[] = [
  ['5 minutes', 300],
  ['1 hour', 3_600],
  ['1 day', 86_400],
];

interface Move {
  label: string;
  time: number;
  body: object;
  id: string;
}

async function moveTable({ console: { database }, now }: PageView, moves: readonly Move[]): Promise<Html> {
  const rows = await Promise.all(
    moves.map(async ({ label, time, body, id }) => ({
      id,
      cells: [
        label,
        shown(time),
        ended(await clockEffects(database, now, time)),
        callButton({
          id: `move-${id}`,
          method: 'PUT',
          path: '/clock',
          body,
          done: `The clock moved: ${label}.`,
          label: 'Move',
          about: label,
        }),
      ],
    })),
  );
  return table('Moves of the clock', ['Move', 'New time', 'Ends', hiddenColumn('Move it')], rows);
}

const moves = (view: PageView): Promise<Html> =>
  moveTable(
    view,
    steps.map(([label, seconds]) => ({
      id: `by-${seconds}`,
      label: `${label} ahead`,
      time: view.now + seconds * 1000,
      body: { advance: seconds },
    })),
  );

/** Returns the time in the query: ISO, or without a zone in UTC. */
function chosenTime(query: URLSearchParams): number | undefined {
  const text = query.get('to')?.trim() ?? '';
  const iso = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2})?)?$/.test(text)
    ? `${text.replace(' ', 'T')}${text.length > 10 ? '' : 'T00:00'}Z`
    : text;
  const time = /^\d{4}-\d{2}-\d{2}T/.test(iso) ? Date.parse(iso) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}

async function moment(view: PageView): Promise<Html> {
  const { query, now } = view;
  const time = chosenTime(query);
  const isWrong = query.has('to') && time === undefined;
  return html`<form class="filters" action="/clock"><div><label for="to">Time in UTC, such as 2030-01-31 09:00</label>
<input type="text" id="to" name="to" value="${query.get('to')?.slice(0, 40) ?? ''}" maxlength="40" autocomplete="off"${isWrong ? html` aria-invalid="true" aria-describedby="to-error"` : undefined}></div><button type="submit" class="secondary">Show what it ends</button></form>
${isWrong ? html`<p class="error-message" id="to-error">This is not a time. Write it as 2030-01-31 09:00.</p>` : undefined}
${
  time === undefined
    ? undefined
    : html`${await moveTable(view, [
        {
          id: 'to',
          label: `${inWords(time - now)} ${time > now ? 'ahead' : 'back'}`,
          time,
          body: { set: new Date(time).toISOString() },
        },
      ])}${time < now ? html`<p class="quiet">Nothing ends when the clock goes back, but what was issued since then is from the future.</p>` : undefined}`
}`;
}

export const clockPage = definePage({
  path: '/clock',
  program: 'pages/clock/clock',
  only: 'development',
  navigation: {
    group: 'desk',
    label: 'Clock',
    async badge({ clock }) {
      if (clock.isFrozen) return { text: 'frozen', tone: 'warn' };
      return clock.offset === 0 ? undefined : { text: 'moved', tone: 'warn' };
    },
  },
  parts: {
    current: { on: ['clock'], render: current },
    moves: { on: ['clock', 'session', 'journey'], render: moves },
  },
  async render(view) {
    return {
      title: 'Clock',
      lead: 'Move time to see what expires. Sessions at workstations are kept alive, as their agents would.',
      main: html`${await view.part('current')}<h2>Move it ahead</h2>${await view.part('moves')}<h2>To a moment</h2>${await moment(view)}`,
    };
  },
});
