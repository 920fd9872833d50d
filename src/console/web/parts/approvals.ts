import { type Html, html } from '@alongside/kernel/html';
import { parseJsonObject } from '@alongside/kernel/json';
import { hasRole } from '../../model/administrators/admission.ts';
import type { Approval, ApprovalState } from '../../model/approvals.ts';
import { alsoElsewhere } from '../../model/directory/scoped.ts';
import { orNull } from '../../model/neighbour.ts';
import { apiPath } from '../../service/api/call.ts';
import { callButton, foreign, hiddenColumn, relative, table, tag, when } from '../frame/controls.ts';
import type { PageView } from '../frame/page.ts';

const tones: Readonly<Record<ApprovalState, 'good' | 'warn' | 'bad' | undefined>> = {
  waiting: 'warn',
  approved: 'good',
  declined: 'bad',
  withdrawn: undefined,
  used: undefined,
  expired: undefined,
};

function decisions({ id, subject, requester }: Approval): Html {
  const about = `the request of ${requester} to ${subject}`;
  return html`${callButton({ id: `approve-${id}`, method: 'POST', path: `/approvals/${id}/approve`, done: 'Approved. The requester can make the call once, within 24 hours.', label: 'Approve', about })}
${callButton({ id: `decline-${id}`, method: 'POST', path: `/approvals/${id}/decline`, done: 'Declined.', label: 'Decline', about })}`;
}

function ownActs({ id, subject, state, method, path, body }: Approval): Html {
  const carryOut =
    state === 'approved'
      ? callButton({
          id: `use-${id}`,
          method: method as 'POST' | 'PATCH' | 'DELETE',
          path: path.slice(apiPath.length),
          ...(body === '' ? {} : { body: parseJsonObject(body) }),
          done: 'Done.',
          label: 'Carry it out',
          about: `: ${subject}`,
          tone: undefined,
        })
      : undefined;
  return html`${carryOut} ${callButton({ id: `withdraw-${id}`, method: 'DELETE', path: `/approvals/${id}`, done: 'Withdrawn.', label: 'Withdraw', about: `the request to ${subject}` })}`;
}

/** The person and the call. Names and addresses are of the directory, the body is as the requester sent it. */
async function request({ console }: PageView, { uid, subject, method, path, body }: Approval): Promise<Html> {
  const person = await orNull(console.cis.person(uid));
  const places = [...new Set(person?.organisations.map(({ orgName }) => orgName))];
  return html`<span class="what">${foreign(subject)}</span> of <a href="/people/${uid}">${person ? foreign(person.displayName) : uid}</a><br>
<span class="quiet">${places.length > 0 ? html`at ${foreign(places.join(', ').slice(0, 300))}` : 'not in the directory'}</span>
<details><summary>The call</summary><code>${method} ${foreign(path)}</code>${body === '' ? undefined : html`<pre><code>${body}</code></pre>`}</details>`;
}

/** Requests with the acts of the reader. */
export async function approvalTable(view: PageView, approvals: readonly Approval[]): Promise<Html> {
  const { now, caller } = view;
  const decides = hasRole(caller, {});
  const acts = (approval: Approval): Html | undefined => {
    const { state, administrator } = approval;
    if (decides) return state === 'waiting' ? decisions(approval) : undefined;
    const isLive = state === 'waiting' || state === 'approved';
    return isLive && administrator === caller?.administrator?.id ? ownActs(approval) : undefined;
  };
  const rows = approvals.map(async (approval) => ({
    id: `approval-${approval.id}`,
    cells: [
      await request(view, approval),
      foreign(approval.requester),
      when(new Date(approval.createdAt).toISOString(), now),
      html`${tag(approval.state, tones[approval.state])}${approval.decidedBy ? html`<br><span class="quiet">by ${foreign(approval.decidedBy)}</span>` : undefined}${
        approval.state === 'waiting' || approval.state === 'approved'
          ? html`<br><span class="quiet">ends ${relative(new Date(approval.expiresAt).toISOString(), now)}</span>`
          : undefined
      }`,
      acts(approval) ?? '',
    ],
  }));
  return table(
    'Requests',
    ['Request', 'Requested by', 'Since', 'State', hiddenColumn('Acts')],
    await Promise.all(rows),
  );
}

/** Returns whether what the reader does to this whole person needs approval. */
export const needsApproval = (
  { caller }: Pick<PageView, 'caller'>,
  person: Parameters<typeof alsoElsewhere>[0],
): boolean =>
  caller?.role === 'registration-authority' &&
  alsoElsewhere(person, caller.administrator?.organisations ?? []);

export const approvalNote: Html = html`<p class="note">This person also belongs to other organisations, so an unlimited administrator must approve what concerns the whole person: cards, other authenticators, names and e-mail address.</p>`;

/** The live requests of the reader for a person; nothing without one. */
export async function ownRequests(view: PageView, uid: string): Promise<Html | undefined> {
  const administrator = view.caller?.administrator?.id;
  if (view.caller?.role !== 'registration-authority' || administrator === undefined) return undefined;
  const found = await view.console.approvals.list({ administrator, uid });
  const live = found.filter(({ state }) => state === 'waiting' || state === 'approved');
  return live.length === 0 ? undefined : html`<h2>Requests</h2>${await approvalTable(view, live)}`;
}
