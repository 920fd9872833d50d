import { type Html, html } from '@alongside/kernel/html';
import type { FaultState, NamedFault } from '../../storage/faults.ts';
import { callButton } from './controls.ts';
import type { Section } from './section.ts';

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

const stateOf = ({ next }: FaultState): string =>
  next === undefined ? 'every time' : next === 1 ? 'the next time' : `the next ${next} times`;

const row = ({ name, summary }: NamedFault, state: FaultState | undefined): Html => html`<tr role="row">
<th role="rowheader" scope="row"><code>${name}</code> ${state ? html`<span class="tag warn">${stateOf(state)}</span>` : undefined}</th>
<td role="cell">${summary}</td>
<td role="cell" class="act">${
  state
    ? button(name, 'Off', null, `${name} is off.`)
    : html`${button(name, 'Next time', { next: 1 }, `${name} happens the next time.`)} ${button(name, 'On', {}, `${name} happens every time.`)}`
}</td>
</tr>`;

export const faultsSection: Section = {
  id: 'faults',
  title: 'Faults',
  live: true,
  async render({ console: { faults, namedFaults } }) {
    const on = await faults.on();
    const active = namedFaults.filter(({ name }) => on.has(name)).length;
    return html`
<p>Invalid tokens and unavailable endpoints, to test how an application handles them. ${
      active === 0
        ? 'No fault is on.'
        : html`<strong>${active} ${active === 1 ? 'fault is' : 'faults are'} on.</strong>`
    }</p>
<details id="all-faults"><summary>All ${namedFaults.length} faults</summary>
<table role="table" class="stacks">
<caption class="visually-hidden">Faults</caption>
<thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Fault</th><th role="columnheader" scope="col">Effect</th><th role="columnheader" scope="col"><span class="visually-hidden">Switch</span></th></tr></thead>
<tbody role="rowgroup">${namedFaults.map((fault) => row(fault, on.get(fault.name)))}</tbody>
</table></details>`;
  },
};
