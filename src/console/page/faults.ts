import { type Html, html } from '@alongside/kernel/html';
import type { FaultState, NamedFault } from '../../storage/faults.ts';
import { callButton } from './controls.ts';

const button = (name: string, label: string, body: FaultState | null, done: string): Html =>
  callButton({
    id: `fault-${name}-${label.replaceAll(' ', '-').toLowerCase()}`,
    method: body ? 'PUT' : 'DELETE',
    path: `/faults/${name}`,
    ...(body ? { body } : {}),
    done,
    label,
    about: `: ${name}`,
  });

const stateOf = (state: FaultState): string =>
  state.next === undefined
    ? 'every time'
    : state.next === 1
      ? 'the next time'
      : `the next ${state.next} times`;

const row = ({ name, summary }: NamedFault, state: FaultState | undefined): Html => html`<tr role="row">
<th role="rowheader" scope="row"><code>${name}</code> ${state ? html`<span class="tag warn">${stateOf(state)}</span>` : undefined}</th>
<td role="cell">${summary}</td>
<td role="cell" class="act">${
  state
    ? button(name, 'Off', null, `${name} is off.`)
    : html`${button(name, 'Next time', { next: 1 }, `${name} happens the next time.`)} ${button(name, 'On', {}, `${name} happens every time.`)}`
}</td>
</tr>`;

/** What can be made to go wrong, to see what an application makes of it. */
export function faultsSection(named: readonly NamedFault[], on: ReadonlyMap<string, FaultState>): Html {
  const active = named.filter(({ name }) => on.has(name)).length;
  return html`
<p>Wrong tokens and endpoints that are down, to see what an application makes of them. ${
    active === 0 ? 'None is on.' : html`<strong>${active} ${active === 1 ? 'is' : 'are'} on.</strong>`
  }</p>
<details id="all-faults"><summary>All ${named.length} faults</summary>
<table role="table" class="stacks">
<caption class="visually-hidden">Faults</caption>
<thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Fault</th><th role="columnheader" scope="col">What happens</th><th role="columnheader" scope="col"><span class="visually-hidden">Switch</span></th></tr></thead>
<tbody role="rowgroup">${named.map((fault) => row(fault, on.get(fault.name)))}</tbody>
</table></details>`;
}
