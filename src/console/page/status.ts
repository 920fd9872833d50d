import { type Html, html } from '@alongside/kernel/html';
import { clockState } from '../resources/clock.ts';
import { orNull } from './controls.ts';
import type { PageView } from './page.ts';

const state = (text: Html | string, href: string, isAmber = false): Html =>
  html`<a class="state${isAmber ? ' amber' : ''}" href="${href}">${text}</a>`;

async function reader({ console: { agent } }: PageView): Promise<Html> {
  const status = await orNull(agent.status());
  if (!status) return state('No Identity Agent', '/desk');
  const { card, person } = status;
  if (person) return state(html`Reader: ${person.displayName}, signed in`, '/desk');
  return state(card ? html`Reader: ${card.name}` : 'Reader: empty', '/desk');
}

async function faults({ console: { faults } }: PageView): Promise<Html> {
  const on = [...(await faults.on()).keys()];
  if (on.length === 0) return state('No fault on', '/faults');
  return state(on.length === 1 ? html`Fault: ${on[0]}` : html`${on.length} faults on`, '/faults', true);
}

function clock({ console: { clock }, now }: PageView): Html {
  const { offsetSeconds, frozen } = clockState(clock);
  const at = new Date(now).toISOString();
  const time = html`<time datetime="${at}">${at.slice(11, 19)} UTC</time>`;
  if (frozen) return state(html`Clock: stands still at ${at.slice(0, 10)}, ${time}`, '/clock', true);
  return offsetSeconds === 0
    ? state(html`Clock: real time, ${time}`, '/clock')
    : state(html`Clock: moved to ${at.slice(0, 10)}, ${time}`, '/clock', true);
}

/** The state of the desk, of injected faults and of the clock, in the top bar; in production, the time. */
export async function statusBar(view: PageView): Promise<Html> {
  if (view.console.development) return html`${await reader(view)}${await faults(view)}${clock(view)}`;
  const at = new Date(view.now).toISOString();
  return html`<span class="state"><time datetime="${at}">${at.slice(11, 16)} UTC</time></span>`;
}
