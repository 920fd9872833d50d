import { type Html, html } from '@alongside/kernel/html';
import { rotationSchedule } from '@alongside/kernel/keys';
import { type AuthoritiesAnswer, paths } from '../../../../cis/protocol.ts';
import { type KeyService, keyServices } from '../../../model/dependencies.ts';
import { healthReport } from '../../../model/health.ts';
import { orNull } from '../../../model/neighbour.ts';
import { type DescribedKey, describeKeys } from '../../../service/resources/keys.ts';
import { callButton, relative, table, tag } from '../../frame/controls.ts';
import { definePage, type PageView } from '../../frame/page.ts';

const day = 86_400_000;
const size = { width: 720, left: 8, top: 26, row: 22, bar: 12 };

/** The period that the calendar shows: from the oldest change, at most 60 days ago, to the last planned one. */
function periodOf(keys: readonly DescribedKey[], now: number): { from: number; to: number } {
  const ends = keys.map(({ signsFrom, signsUntil, removedAt }) =>
    Date.parse(
      removedAt ?? signsUntil ?? new Date(Date.parse(signsFrom) + rotationSchedule.sign).toISOString(),
    ),
  );
  const starts = keys.map(({ announcedAt }) => Date.parse(announcedAt));
  return {
    from: Math.max(now - 60 * day, Math.min(now - 7 * day, ...starts)),
    to: Math.max(now + 30 * day, ...ends) + 2 * day,
  };
}

/** Draws when each key was announced, signs and verifies. The table next to it contains the same as text. */
function keyCalendar(keys: readonly DescribedKey[], now: number): Html {
  const { from, to } = periodOf(keys, now);
  const x = (time: number): number =>
    Math.round(
      size.left + ((Math.min(Math.max(time, from), to) - from) / (to - from)) * (size.width - 2 * size.left),
    );
  const height = size.top + keys.length * size.row + 6;
  const bar = (kind: string, start: number, end: number, y: number): Html | undefined =>
    end <= from || start >= to || end <= start
      ? undefined
      : html`<rect class="${kind}" x="${x(start)}" y="${y}" width="${Math.max(2, x(end) - x(start))}" height="${size.bar}" rx="2"/>`;
  const months: Html[] = [];
  for (let time = new Date(from); time.getTime() < to; ) {
    time = new Date(Date.UTC(time.getUTCFullYear(), time.getUTCMonth() + 1, 1));
    if (time.getTime() < to)
      months.push(html`<line class="month" x1="${x(time.getTime())}" x2="${x(time.getTime())}" y1="18" y2="${height}"/>
<text x="${x(time.getTime()) + 3}" y="14">${time.toISOString().slice(0, 7)}</text>`);
  }
  return html`<svg class="calendar" viewBox="0 0 ${size.width} ${height}" aria-hidden="true">${months}
${keys.map(({ announcedAt, signsFrom, signsUntil, removedAt }, index) => {
  const y = size.top + index * size.row;
  const [announced, starts] = [Date.parse(announcedAt), Date.parse(signsFrom)];
  const stops = signsUntil ? Date.parse(signsUntil) : starts + rotationSchedule.sign;
  return html`${bar('announced', announced, starts, y)}${bar('signing', starts, stops, y)}${
    removedAt ? bar('verifying', stops, Date.parse(removedAt), y) : undefined
  }<text class="kid${starts > now ? ' waits' : ''}" x="${x(Math.max(announced, from)) + 4}" y="${y + 10}">${index + 1}</text>`;
})}
<line class="now" x1="${x(now)}" x2="${x(now)}" y1="4" y2="${height}"/></svg>`;
}

const titles: Readonly<Record<KeyService, string>> = {
  cis2: 'CIS2: ID tokens, userinfo, logout tokens',
  authorisation: 'API platform: tokens of /oauth2.1',
  cis: 'CIS: session certificates',
};

const tones = { announced: 'warn', signing: 'good', verifying: 'plain', retired: 'plain' } as const;
const order: readonly DescribedKey['state'][] = ['signing', 'announced', 'verifying', 'retired'];

const date = (iso: string | null, now: number): Html | string =>
  iso === null
    ? '–'
    : html`<time datetime="${iso}">${iso.slice(0, 10)}</time><br><span class="quiet">${relative(iso, now)}</span>`;

const rotate = (service: KeyService): Html => html`<div class="actions">
${callButton({
  id: `announce-${service}`,
  method: 'POST',
  path: `/keys/${service}/rotate`,
  body: { now: false },
  done: `Successors of the keys of ${service} are announced.`,
  label: 'Announce successors',
  about: `of ${service}`,
  confirm: `Announce new keys of ${service}? They sign in 14 days.`,
})}
${callButton({
  id: `rotate-${service}`,
  method: 'POST',
  path: `/keys/${service}/rotate`,
  body: { now: true },
  tone: 'danger',
  done: `New keys of ${service} sign now.`,
  label: 'Rotate at once',
  about: `the keys of ${service}`,
  confirm: `Rotate the keys of ${service} at once? Applications that cached the key set refuse tokens until they read it again.`,
})}</div>`;

async function calendar({ console, now }: PageView): Promise<Html> {
  const all = await describeKeys(console.keys, keyServices, now);
  return html`${keyServices.map((service) => {
    const keys = all
      .filter((key) => key.service === service && key.state !== 'retired')
      .sort(
        (a, b) => a.algorithm.localeCompare(b.algorithm) || order.indexOf(a.state) - order.indexOf(b.state),
      );
    const retired = all.filter((key) => key.service === service && key.state === 'retired').length;
    return html`<section aria-labelledby="h-${service}"><h2 id="h-${service}">${titles[service]}</h2>
${
  keys.length === 0
    ? html`<p>No key yet. The first is made when this service signs for the first time.</p>`
    : html`${keyCalendar(keys, now)}
${table(
  `Keys of ${service}`,
  ['Key', 'State', 'Announced', 'Signs from', 'Signs until', 'Leaves the key set'],
  keys.map(({ kid, algorithm, state, announcedAt, signsFrom, signsUntil, removedAt }, index) => ({
    id: `key-${service}-${index + 1}`,
    cells: [
      html`${index + 1}. ${algorithm}<br><code class="quiet">${kid}</code>`,
      tag(state, tones[state]),
      date(announcedAt, now),
      date(signsFrom, now),
      signsUntil === null
        ? html`no successor yet<br><span class="quiet">one is announced after 76 days</span>`
        : date(signsUntil, now),
      date(removedAt, now),
    ],
  })),
)}`
}${retired > 0 ? html`<p class="quiet">${retired} retired.</p>` : undefined}${keys.length === 0 ? undefined : rotate(service)}</section>`;
  })}`;
}

async function certificates({ console, now }: PageView): Promise<Html> {
  const [answered, health] = await Promise.all([
    orNull(console.cis.read<AuthoritiesAnswer>(paths.authorities)),
    healthReport(console),
  ]);
  const authorities = answered?.authorities ?? [];
  const others = health.expiries.filter(({ kind }) => kind !== 'signing key');
  const rows = [
    ...authorities.flatMap(({ name, notBefore, notAfter, fingerprint, crl }, index) => [
      {
        id: `authority-${index}`,
        cells: [
          html`${name}<br><code class="quiet">${fingerprint.slice(0, 23)}…</code>`,
          crl ? 'issues certificates of virtual cards' : 'root of the cards',
          date(notBefore, now),
          date(notAfter, now),
        ],
      },
      ...(crl
        ? [
            {
              id: 'crl',
              cells: [
                html`Revocation list<br><a href="${crl.address}">${crl.address}</a>`,
                `${crl.revoked} revoked`,
                date(crl.thisUpdate, now),
                date(crl.nextUpdate, now),
              ],
            },
          ]
        : []),
    ]),
    ...others.map(({ kind, of, at }, index) => ({
      id: `expiry-${index}`,
      cells: [`${kind} of ${of}`, 'file of this process', '–', date(at, now)],
    })),
  ];
  return html`${answered ? undefined : html`<p class="warning">CIS does not respond, so its certificates are missing.</p>`}${
    rows.length === 0
      ? html`<p>None: no card was issued yet, and this process has no certificate files.</p>`
      : table('Certificates and revocation lists', ['Certificate', 'Use', 'From', 'Until'], rows)
  }`;
}

/** Signing keys as a calendar, certificates and revocation lists. */
export const keysPage = definePage({
  path: '/keys',
  roles: ['read'],
  navigation: { group: 'operate', label: 'Keys' },
  parts: {
    calendar: { on: ['key', 'clock'], render: calendar },
    certificates: { on: ['key', 'card', 'clock'], render: certificates },
  },
  async render({ part }) {
    return {
      title: 'Keys',
      lead: html`A key is in the key set for 14 days before it signs, signs for 90 days, and stays for 14 more to verify. <span class="legend"><span class="announced">announced</span> <span class="signing">signs</span> <span class="verifying">verifies</span></span>`,
      main: html`${await part('calendar')}<h2>Certificates and revocation lists</h2>${await part('certificates')}`,
    };
  },
});
