import { html } from '@alongside/kernel/html';
import { counted } from '@alongside/kernel/operator';
import { hasRole } from '../../../model/administrators/admission.ts';
import { emptyState } from '../../frame/controls.ts';
import { definePage } from '../../frame/page.ts';
import { approvalTable } from '../../parts/approvals.ts';
import { confirmNote } from '../administrators/page.ts';

/** Requests of limited administrators: all for those who decide, the own ones for the others. */
export const approvalsPage = definePage({
  path: '/approvals',
  only: 'production',
  navigation: {
    group: 'operate',
    label: 'Approvals',
    async badge({ approvals }, caller) {
      const waiting = hasRole(caller, {}) ? await approvals.waiting() : 0;
      return waiting > 0 ? { text: `${waiting} waiting`, tone: 'warn' } : undefined;
    },
  },
  roles: ['registration-authority'],
  program: 'parts/shown-once',
  parts: {
    list: {
      on: ['approval', 'person'],
      async render(view) {
        const { caller, console } = view;
        const administrator = hasRole(caller, {}) ? undefined : (caller?.administrator?.id ?? '-');
        const found = await console.approvals.list({ administrator });
        if (found.length === 0) return emptyState('There is no request.');
        const waiting = found.filter(({ state }) => state === 'waiting').length;
        return html`<p>${counted(waiting, 'request')} ${waiting === 1 ? 'waits' : 'wait'}.</p>${await approvalTable(view, found)}`;
      },
    },
  },
  async render(view) {
    const decides = hasRole(view.caller, {});
    return {
      title: 'Approvals',
      lead: decides
        ? 'What administrators who are limited to organisations want to do to people who also belong to others. Approve only what you have checked with the requester.'
        : 'What you want to do to people who also belong to other organisations. After approval you carry it out once, within 24 hours.',
      main: html`${decides ? confirmNote(view, '/approvals') : undefined}<div id="shown-once"></div>${await view.part('list')}`,
    };
  },
});
